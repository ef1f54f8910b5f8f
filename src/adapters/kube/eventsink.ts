import { createHash } from 'node:crypto';
import { API_VERSION } from '../../api/group.ts';
import type { SecurityPolicy } from '../../api/securitypolicy.ts';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Events } from '../../ports/store.ts';
import { describeFailure } from './answer.ts';
import { createEventBudget } from './eventbudget.ts';
import type { Transport } from './transport.ts';

/** Longest message of an Event (core/v1 validation). */
const MESSAGE_LIMIT = 1024;
/** Longest name of an object; a dot and 16 digits are added to the policy's. */
const NAME_LIMIT = 253 - 17;
/** Events that may be on their way at once; more than that are dropped. */
const IN_FLIGHT = 64;
/** Events of which the count is remembered. */
const REMEMBERED = 1024;
/** The same Event after this long is a new one, as its record in the cluster ends after an hour. */
const AGGREGATE_FOR: Millis = 600_000;
/** Longest wait for the answer. */
const TIMEOUT: Millis = 10_000;

/** What an event sink needs. */
export interface EventSinkOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1); tells the names of two sinks' events apart. */
  readonly random: () => number;
  /** Name of the program, for `source.component`. */
  readonly component: string;
  /** Which replica wrote it. */
  readonly instance: string;
}

type Published = Parameters<Events['publish']>[1];

interface Sent {
  readonly name: string;
  readonly since: Millis;
  count: number;
}

/**
 * Writes core/v1 Events, which `kubectl describe` shows with their age and count. Equal ones within ten minutes are
 * one Event with a count. *Guarantees*: never throws, never waits, at most 64 requests at once; an object gets 25
 * events at once and then one in 12 s. *Caveat*: an event that does not get through is lost, with a debug line.
 */
export function createEventSink(options: EventSinkOptions): Events {
  const { clock, log } = options;
  const budget = createEventBudget(clock);
  const records = new Map<string, Sent>();
  let running = 0;

  async function send(object: SecurityPolicy, event: Published): Promise<void> {
    const failure = await write(options, records, { object, event });
    if (failure !== undefined) log.debug('Event was not written', { reason: event.reason, cause: failure });
  }

  return {
    publish(object, event) {
      const { uid } = object.metadata;
      if (running >= IN_FLIGHT || !budget.take(uid)) {
        log.debug('Event was dropped, there are too many', { reason: event.reason });
        return;
      }
      running += 1;
      const cut = { ...event, message: cutMessage(event.message) };
      void send(object, cut)
        .catch((error: unknown) =>
          log.debug('Event was not written', { reason: event.reason, cause: String(error) }),
        )
        .finally(() => {
          running -= 1;
        });
    },
  };
}

/** Answers why the event was not written, or undefined. */
async function write(
  { transport, clock, random, component, instance }: EventSinkOptions,
  records: Map<string, Sent>,
  { object, event }: { readonly object: SecurityPolicy; readonly event: Published },
): Promise<string | undefined> {
  const { namespace, name, uid } = object.metadata;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  const timestamp = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const key = createHash('sha256')
    .update(JSON.stringify([uid, event]))
    .digest('base64');
  const known = records.get(key);
  if (known !== undefined && clock.monotonic() - known.since < AGGREGATE_FOR) {
    known.count += 1;
    const body = { count: known.count, lastTimestamp: timestamp };
    const answer = await transport.call({
      verb: 'patch',
      path: `${path}/${known.name}`,
      body,
      timeout: TIMEOUT,
    });
    if (answer.kind === 'ok') return undefined;
    if (answer.kind !== 'status' || answer.code !== 404) return describeFailure(answer);
    // Its record has ended meanwhile: write a new one.
  }
  const eventName = `${name.slice(0, NAME_LIMIT)}.${suffix(clock, random)}`;
  remember(records, key, { name: eventName, since: clock.monotonic(), count: 1 });
  const answer = await transport.call({
    verb: 'create',
    path,
    timeout: TIMEOUT,
    body: {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: eventName },
      involvedObject: involved(object),
      ...event,
      count: 1,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    },
  });
  if (answer.kind === 'ok') return undefined;
  records.delete(key);
  return describeFailure(answer);
}

function involved(object: SecurityPolicy): Readonly<Record<string, string>> {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return { apiVersion: API_VERSION, kind: 'SecurityPolicy', namespace, name, uid, resourceVersion };
}

function remember(records: Map<string, Sent>, key: string, record: Sent): void {
  records.delete(key);
  records.set(key, record);
  const oldest = records.keys().next();
  if (records.size > REMEMBERED && oldest.done !== true) records.delete(oldest.value);
}

/** Sixteen hexadecimal digits: 11 of the time, so that names sort by age, and 5 by chance. */
function suffix(clock: Clock, random: () => number): string {
  const time = Math.floor(clock.now()).toString(16).padStart(11, '0').slice(-11);
  return `${time}${Math.floor(random() * 0x100000)
    .toString(16)
    .padStart(5, '0')}`;
}

function cutMessage(message: string): string {
  const cut = message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 3)}...`;
  // The limit counts bytes; text beyond ASCII is cut again until it fits.
  let end = cut;
  while (Buffer.byteLength(end) > MESSAGE_LIMIT) end = end.slice(0, -1);
  return end;
}
