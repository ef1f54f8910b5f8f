import type { Clock, Millis } from '../../ports/clock.ts';
import type { Faults, RetryForm, Side, Strike } from './faults.ts';
import type { Answer, Json } from './outcome.ts';

/** What the socket does in the end; `sequence` is the ledger entry that it answers or leaves unanswered. */
export type Delivery =
  | {
      readonly kind: 'whole' | 'cut';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      readonly sequence: number;
    }
  | { readonly kind: 'drip'; readonly text: string; readonly every: Millis; readonly sequence: number }
  | { readonly kind: 'reset' | 'hang'; readonly sequence: number };

/** One request, as its delivery needs it. */
export interface Work {
  /** Carries the request out. */
  readonly perform: () => Answer;
  /** Writes down an answer that carries nothing out. */
  readonly refuse: (status: number, code: string, message: string) => Answer;
  readonly faults: Faults;
  readonly clock: Clock;
}

const HTML = '<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>upstream gone</body>\r\n</html>\r\n';
const LOST = 'No answer was sent';

/** Answers in full. */
export function whole(answer: Answer): Delivery {
  const headers = { 'content-type': 'application/json;charset=utf-8', ...answer.headers };
  const text = JSON.stringify(answer.body);
  return { kind: 'whole', status: answer.status, headers, text, sequence: answer.sequence };
}

/** Carries out one request under what strikes it. */
export async function deliver(work: Work, strike: Strike | undefined): Promise<Delivery> {
  if (strike === undefined) return whole(work.perform());
  const { fault } = strike;
  switch (fault.kind) {
    case 'refuse':
      return whole(work.refuse(fault.status, fault.code, fault.message ?? `${fault.code} on demand.`));
    case 'reset':
    case 'hang':
      return { kind: fault.kind, sequence: side(work, fault.at, 0, LOST).sequence };
    case 'hold':
      return await held(work, strike.rule, fault.at);
    case 'slow':
      return await slow(work, fault.at, fault.delay);
    case 'html':
      return page(side(work, fault.at, fault.status, 'A page of a proxy'), fault.status, HTML, {
        'content-type': 'text/html',
      });
    case 'truncated':
      return truncated(work.perform(), fault.form);
    case 'oversized':
      return padded(work.perform(), fault.bytes);
    case 'drip':
      return dripped(work.perform(), fault.every);
    case 'duplicate':
      return duplicated([work.perform(), work.perform()], fault.answer);
    case 'throttle':
      return throttled(work, fault.form, fault.retryAfter);
    case 'body':
      return other(side(work, fault.at, fault.status, 'A body on demand'), fault.status, fault.body);
    case 'redirect':
      return page(work.refuse(302, 'Redirect', 'Elsewhere'), 302, '', { location: fault.location });
  }
}

/** Carries the request out when the fault strikes after the commit, else only writes it down. */
function side(work: Work, at: Side, status: number, message: string): Answer {
  switch (at) {
    case 'before':
      return work.refuse(status, 'Fault', message);
    case 'after':
      return work.perform();
  }
}

function page(
  { sequence }: Answer,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>>,
): Delivery {
  return { kind: 'whole', status, headers, text, sequence };
}

function other(answer: Answer, status: number, body: Json): Delivery {
  return page(answer, status, JSON.stringify(body), { 'content-type': 'application/json' });
}

async function held(work: Work, rule: string, at: Side): Promise<Delivery> {
  switch (at) {
    case 'before': {
      const how = await work.faults.hold(rule);
      if (how === 'proceed') return whole(work.perform());
      return { kind: 'reset', sequence: work.refuse(0, 'Fault', LOST).sequence };
    }
    case 'after': {
      const answer = work.perform();
      const how = await work.faults.hold(rule);
      return how === 'proceed' ? whole(answer) : { kind: 'reset', sequence: answer.sequence };
    }
  }
}

async function slow(work: Work, at: Side, delay: Millis): Promise<Delivery> {
  const pause = () => new Promise<void>((resolve) => void work.clock.after(delay, resolve));
  switch (at) {
    case 'before':
      await pause();
      return whole(work.perform());
    case 'after': {
      const answer = work.perform();
      await pause();
      return whole(answer);
    }
  }
}

function truncated(answer: Answer, form: 'json' | 'length'): Delivery {
  const text = JSON.stringify(answer.body);
  const { status, headers, sequence } = answer;
  switch (form) {
    case 'json':
      return page(answer, status, text.slice(0, text.length / 2), headers);
    case 'length':
      return { kind: 'cut', status, headers, text, sequence };
  }
}

function padded(answer: Answer, bytes: number): Delivery {
  return page(answer, answer.status, `${' '.repeat(bytes)}${JSON.stringify(answer.body)}`, answer.headers);
}

function dripped({ body, sequence }: Answer, every: Millis): Delivery {
  return { kind: 'drip', text: JSON.stringify(body), every, sequence };
}

function duplicated([first, second]: readonly [Answer, Answer], shown: 'first' | 'second'): Delivery {
  switch (shown) {
    case 'first':
      return whole(first);
    case 'second':
      return whole(second);
  }
}

function throttled(work: Work, form: RetryForm, wait: Millis): Delivery {
  const answer = work.refuse(400, 'Throttling.User', 'Request was denied due to user flow control.');
  return whole({ ...answer, headers: retryHeaders(form, wait, work.clock.now()) });
}

function retryHeaders(form: RetryForm, wait: Millis, wall: Millis): Readonly<Record<string, string>> {
  switch (form) {
    case 'acs':
      return { 'x-acs-retry-after': String(wait) };
    case 'timeleft':
      return { 'x-ratelimit-user-api': `Limit:1,Remain:0,TimeLeft:${wait},Reset:${wall + wait}` };
    case 'seconds':
      return { 'retry-after': String(Math.ceil(wait / 1000)) };
    case 'date':
      return { 'retry-after': new Date(wall + wait).toUTCString() };
    case 'none':
      return {};
  }
}
