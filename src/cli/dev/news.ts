import { systemClock } from '../../adapters/clock.ts';
import { collectionPath } from '../../adapters/kube/paths.ts';
import { startReflector } from '../../adapters/kube/reflector.ts';
import type { SecurityPolicy } from '../../api/securitypolicy.ts';
import type { LedgerEntry } from '../../dev/alb/ledger.ts';
import { conditionOf } from '../../domain/condition.ts';
import type { Millis } from '../../ports/clock.ts';
import type { Output } from '../output.ts';
import { quiet } from '../quiet.ts';
import type { Stage } from './stage.ts';
import { printable, type Style, type Teller } from './teller.ts';

/** How often the stand-in cloud is asked what came in; soon enough for a person. */
const LEDGER_EVERY: Millis = 100;

/** Prints a line for every change of a policy's standing and every write to the cloud, until the returned function is called. */
export function startNews(stage: Stage, out: Output, teller: Teller): () => void {
  const print = (style: Style, who: string, what: string): void => {
    const time = new Date(systemClock.now()).toISOString().slice(11, 19);
    const parts = [teller.paint('dim', time), teller.paint('key', who.padEnd(24)), teller.paint(style, what)];
    out.stdout(`${parts.join('  ')}\n`);
  };
  const tellLedger = ledgerTeller(stage, print);
  const timer = setInterval(tellLedger, LEDGER_EVERY);
  const stopPolicies = watchPolicies(stage, (...line) => {
    // What was done comes before what is said of it.
    tellLedger();
    print(...line);
  });
  return () => {
    clearInterval(timer);
    stopPolicies();
    tellLedger();
  };
}

type Print = (style: Style, who: string, what: string) => void;

/** Tells the writes, and the refusals, that came since the last call. */
function ledgerTeller(stage: Stage, print: Print): () => void {
  let seen = stage.alb.ledger.last;
  return () => {
    for (const entry of stage.alb.ledger.entries(seen)) {
      seen = entry.sequence;
      if (entry.committed) print('strong', 'cloud', wordsOf(entry));
      else if (entry.code !== undefined) print('bad', 'cloud', wordsOf(entry));
    }
  };
}

function wordsOf({ action, id, code, status }: LedgerEntry): string {
  const target = id === undefined ? '' : ` ${id}`;
  return code === undefined ? `${action}${target}` : `${action}${target} refused: ${status} ${code}`;
}

function watchPolicies(stage: Stage, print: Print): () => void {
  const told = new Map<string, string>();
  const reflector = startReflector<SecurityPolicy>({
    transport: stage.person,
    path: collectionPath('securitypolicies'),
    clock: systemClock,
    random: Math.random,
    log: quiet,
    onChange: (key) => {
      const policy = reflector.get(key);
      if (policy === undefined) {
        told.delete(key);
        print('strong', key, 'gone');
        return;
      }
      const { style, text } = standingOf(policy);
      if (text === '' || told.get(key) === text) return;
      told.set(key, text);
      print(style, key, text);
    },
  });
  return () => reflector.stop();
}

/** The one condition that a person should know of. */
function standingOf({ status }: SecurityPolicy): { readonly style: Style; readonly text: string } {
  for (const type of ['Stalled', 'DeletionBlocked', 'Paused'] as const) {
    const line = conditionOf(status, type);
    if (line?.status === 'True') return { style: 'warn', text: sentence(type, line.reason, line.message) };
  }
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined) return { style: 'dim', text: '' };
  const id = status?.securityPolicyId === undefined ? '' : ` (${status.securityPolicyId})`;
  if (ready.status === 'True')
    return { style: 'good', text: `${sentence('Ready', ready.reason, ready.message)}${id}` };
  return { style: 'warn', text: sentence('Not Ready', ready.reason, ready.message) };
}

function sentence(type: string, reason: string, message: string | undefined): string {
  return printable(`${type}, ${reason}: ${message ?? ''}`);
}
