import type { ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import type { Delivery } from './delivery.ts';

/** Puts a delivery on the socket. `lost` is called once when the client did not get the whole answer. */
export function reply(response: ServerResponse, delivery: Delivery, clock: Clock, lost: () => void): void {
  const socket = response.socket;
  if (socket === null || socket.destroyed) {
    lost();
    return;
  }
  // A client whose own clock is off signs by this one.
  response.setHeader('date', new Date(clock.now()).toUTCString());
  switch (delivery.kind) {
    case 'reset':
      lost();
      socket.resetAndDestroy();
      return;
    case 'hang':
      // The socket stays open until the client goes or the server closes.
      lost();
      return;
    case 'whole':
      onLoss(response, lost);
      response.writeHead(delivery.status, delivery.headers).end(delivery.text);
      return;
    case 'cut': {
      lost();
      const length = Buffer.byteLength(delivery.text);
      response.writeHead(delivery.status, { ...delivery.headers, 'content-length': length });
      response.write(delivery.text.slice(0, delivery.text.length / 2), () => socket.destroy());
      return;
    }
    case 'drip':
      onLoss(response, lost);
      response.writeHead(200, { 'content-type': 'application/json' });
      drip(response, Buffer.from(delivery.text), delivery.every, clock);
      return;
  }
}

function onLoss(response: ServerResponse, lost: () => void): void {
  response.once('close', () => {
    if (!response.writableFinished) lost();
  });
}

function drip(response: ServerResponse, rest: Buffer, every: number, clock: Clock): void {
  if (response.destroyed) return;
  if (rest.length === 0) {
    response.end();
    return;
  }
  response.write(rest.subarray(0, 1));
  clock.after(every, () => drip(response, rest.subarray(1), every, clock));
}
