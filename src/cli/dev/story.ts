/**
 * The life of one policy on the stand-ins, told while it happens. Whatever is told has been looked at first, in the
 * cluster and in the cloud; the text is made of what was found there.
 * @module
 */
import { parse } from 'yaml';
import { createPinoLog } from '../../adapters/pinolog.ts';
import type { SecurityPolicy, SecurityPolicySpec } from '../../api/securitypolicy.ts';
import type { LivePolicy } from '../../dev/alb/model.ts';
import { conditionOf } from '../../domain/condition.ts';
import { isReady } from '../../domain/status.ts';
import type { Millis } from '../../ports/clock.ts';
import type { Output } from '../output.ts';
import { Actor, expectSame, type Look } from './actor.ts';
import { openStage, PLACE, RESYNC, type Stage } from './stage.ts';
import { NotAsTold, seconds, Teller } from './teller.ts';
import { type TappedRequest, tap, type Wiretap } from './wiretap.ts';

/** How to tell the story. */
export interface Telling {
  readonly colour: boolean;
  /** Longest wait for one state; default 15 s. */
  readonly patience?: Millis;
  /** Called once the stage stands, for tests that plant a fault. */
  readonly prepare?: (stage: Stage) => void;
}

/** Two cores that are busy with something else need this long for the slowest step, which takes 2 s on idle ones. */
const PATIENCE: Millis = 15_000;

const NAME = 'web';
const BAD = `tlsVersions: [TLSv1.3]
ciphers: [ECDHE-RSA-AES128-GCM-SHA256]`;
const GOOD = `tlsVersions: [TLSv1.2]
ciphers:
- ECDHE-RSA-AES128-GCM-SHA256
- ECDHE-RSA-AES256-GCM-SHA384`;
const STRICTER = ['ECDHE-RSA-AES256-GCM-SHA384'];
/** Weak: no forward secrecy, no authenticated encryption. What somebody in a hurry would let in. */
const WEAK = 'AES128-SHA';
const LISTENER = { listenerId: 'lsn-web-443', loadBalancerId: 'alb-shop', port: 443, protocol: 'HTTPS' };

interface Scene {
  readonly teller: Teller;
  readonly actor: Actor;
  readonly stage: Stage;
  readonly wire: Wiretap;
}

/** Tells the story. Exit codes: 0 everything was as told; 1 something was not, and the text says what. */
export async function tellStory(out: Output, telling: Telling): Promise<number> {
  const teller = new Teller(out, telling.colour);
  const complaints: string[] = [];
  const output = { write: (line: string) => void complaints.push(line.trimEnd()) };
  const log = createPinoLog({ level: 'warn', format: 'pretty', output });
  const begun = performance.now();
  let stage: Stage;
  try {
    stage = await openStage(log);
  } catch (error) {
    teller.failed(new NotAsTold('both stand-ins and the operator to start', String(error)), complaints);
    return 1;
  }
  const wire = tap(stage.alb.url);
  try {
    telling.prepare?.(stage);
    const actor = new Actor(stage, telling.patience ?? PATIENCE);
    introduce(teller, stage, performance.now() - begun);
    await life({ teller, actor, stage, wire });
    teller.title(`All as told, in ${seconds(performance.now() - begun)}.`);
    teller.say('Your turn: "albsp dev FILE..." starts the same and stays up for kubectl.');
    teller.gap();
    return 0;
  } catch (error) {
    teller.failed(
      error instanceof NotAsTold ? error : new NotAsTold('no failure', String(error)),
      complaints,
    );
    return 1;
  } finally {
    wire.stop();
    await stage.close();
  }
}

function introduce(teller: Teller, stage: Stage, took: Millis): void {
  teller.title('The life of a TLS security policy');
  teller.say(
    'From YAML to the cloud and back. Kubernetes and Alibaba Cloud are stand-ins on this machine; the operator between them is the real one.',
  );
  teller.list([
    `${teller.paint('key', 'Kubernetes API')}  ${stage.kube.url}`,
    `${teller.paint('key', 'ALB API')}         ${stage.alb.url}, signatures checked, region ${PLACE.region}`,
    `${teller.paint('key', 'operator')}        in this process, compares cloud and specs every ${RESYNC}`,
    teller.paint('dim', `up in ${seconds(took)}`),
  ]);
}

async function life(scene: Scene): Promise<void> {
  await badPolicy(scene);
  const id = await goodPolicy(scene);
  await editedCipher(scene, id);
  await drift(scene, id);
  await deletion(scene, id);
}

async function badPolicy({ teller, actor, stage }: Scene): Promise<void> {
  teller.step('A bad policy is refused');
  teller.say('TLS 1.3 has cipher suites of its own, and this is none of them:');
  teller.list(manifest(teller, BAD));
  const refusal = await actor.refused(NAME, specOf(BAD));
  teller.table([
    ['API server', `${refusal.code} ${refusal.reason}`, 'bad'],
    ...refusal.causes.map(({ field, message }) => [field, message] as const),
  ]);
  expectSame('HTTP status of the refusal', 422, refusal.code);
  if (!refusal.causes.some(({ field }) => field.startsWith('spec.')))
    throw new NotAsTold('the refusal to name a field of the spec', refusal.message);
  expectSame('policies in the cloud', [], actor.live());
  expectSame('writes to the cloud', 0, stage.alb.ledger.commits().length);
  teller.verdict('Refused before the operator or the cloud heard of it');
}

async function goodPolicy({ teller, actor, wire }: Scene): Promise<string> {
  teller.step('A good policy is applied');
  teller.list(manifest(teller, GOOD));
  const since = wire.count();
  await actor.create(NAME, specOf(GOOD));
  const policy = await actor.until(`"${NAME}" to be Ready`, ready(actor));
  const id = policy.status?.securityPolicyId ?? '';
  teller.say('The operator sends this to the cloud, signed:');
  request(teller, wire, 'CreateSecurityPolicy', since);
  standing(teller, policy);
  const [live, ...others] = actor.live();
  expectSame('other policies in the cloud', [], others);
  expectSame('id in the cloud', id, live?.id);
  inCloud(specOf(GOOD), live);
  teller.verdict(`In the cloud as "${live?.name}" with the id that status tells`);
  return id;
}

async function editedCipher({ teller, actor, wire }: Scene, id: string): Promise<void> {
  teller.step('A cipher is edited, and the policy updated in place');
  const before = actor.live()[0]?.ciphers ?? [];
  teller.list(['   ciphers', ...difference(teller, before, STRICTER)]);
  const since = wire.count();
  await actor.edit(NAME, { ciphers: STRICTER } as Partial<SecurityPolicySpec>);
  const policy = await actor.until(`"${NAME}" to be Ready with the new ciphers`, ready(actor));
  request(teller, wire, 'UpdateSecurityPolicyAttribute', since);
  standing(teller, policy);
  expectSame('id in status', id, policy.status?.securityPolicyId);
  expectSame('id in the cloud', id, actor.live()[0]?.id);
  inCloud({ ...specOf(GOOD), ciphers: STRICTER }, actor.live()[0]);
  teller.verdict('Same id, new ciphers: listeners that use it keep it');
}

async function drift({ teller, actor, stage, wire }: Scene, id: string): Promise<void> {
  teller.step('Somebody lets a weak cipher in, in the console');
  const before = actor.live()[0]?.ciphers ?? [];
  const since = wire.count();
  if (!stage.alb.console.edit(PLACE, id, { ciphers: [...before, WEAK] }))
    throw new NotAsTold(`policy "${id}" to be there for the console`, 'no such policy');
  const drifted = actor.live()[0]?.ciphers ?? [];
  expectSame('ciphers after the edit in the console', [...before, WEAK], drifted);
  teller.say('The cloud now says:');
  teller.list(['   ciphers', ...difference(teller, before, drifted)]);
  await actor.until(`the ciphers in the cloud to be ${before.join(', ')} again`, () => {
    const now = actor.live()[0]?.ciphers ?? [];
    return now.toSorted().join() === before.toSorted().join()
      ? { kind: 'there', value: now }
      : { kind: 'not yet', seen: `ciphers ${now.join(', ')}` };
  });
  const policy = await actor.until(`"${NAME}" to be Ready after the drift`, ready(actor));
  teller.say('Nobody told the operator. It compares, sees the difference, and sends:');
  request(teller, wire, 'UpdateSecurityPolicyAttribute', since);
  standing(teller, policy);
  expectSame('id in the cloud', id, actor.live()[0]?.id);
  teller.verdict(`"${WEAK}" is out again`);
}

async function deletion({ teller, actor, stage, wire }: Scene, id: string): Promise<void> {
  teller.step('A deletion is blocked by a listener, freed, and gone');
  if (!stage.alb.console.attach(PLACE, id, LISTENER))
    throw new NotAsTold(`policy "${id}" to take a listener`, 'the console refused');
  await actor.delete(NAME);
  const blocked = await actor.until('DeletionBlocked to be True and to name the listener', blockedBy(actor));
  teller.table([
    ['DeletionBlocked', blocked.reason, 'warn'],
    ['because', blocked.message],
  ]);
  expectSame(
    'policies in the cloud while it is blocked',
    [id],
    actor.live().map((one) => one.id),
  );
  teller.verdict(`Still there, and status names "${LISTENER.listenerId}"`);
  const since = wire.count();
  stage.alb.console.detach(PLACE, id, LISTENER.listenerId);
  teller.say('The listener is given another policy in the console. Then:');
  await actor.until(`the object "${NAME}" to be gone`, async () => {
    const left = await actor.get(NAME);
    if (left === undefined) return { kind: 'there', value: undefined };
    return { kind: 'not yet', seen: conditions(left) };
  });
  request(teller, wire, 'DeleteSecurityPolicy', since);
  expectSame('policies in the cloud', [], actor.live());
  const writes = stage.alb.ledger.commits().map(({ action }) => action);
  expectSame('writes to the cloud, in all', WRITES, writes);
  teller.verdict(`Gone from both; ${writes.length} writes to the cloud in all, none twice`);
}

/** Every change that the story makes in the cloud through the operator, in order: made once each. */
const WRITES = [
  'CreateSecurityPolicy',
  'UpdateSecurityPolicyAttribute',
  'UpdateSecurityPolicyAttribute',
  'DeleteSecurityPolicy',
];

function specOf(text: string): SecurityPolicySpec {
  return parse(text) as SecurityPolicySpec;
}

function manifest(teller: Teller, spec: string): readonly string[] {
  const head = ['kind: SecurityPolicy', `metadata: {name: ${NAME}}`, 'spec:'];
  return [...head, ...spec.split('\n').map((line) => `  ${line}`)].map((line) =>
    line.replace(/^([\s-]*)([A-Za-z]+):/, (_, space, key) => `${space}${teller.paint('key', key)}:`),
  );
}

function difference(teller: Teller, before: readonly string[], after: readonly string[]): readonly string[] {
  const removed = before.filter((one) => !after.includes(one));
  const lines = after.map((one) => (before.includes(one) ? `   ${one}` : teller.paint('good', `+  ${one}`)));
  return [...removed.map((one) => teller.paint('bad', `-  ${one}`)), ...lines];
}

function ready(actor: Actor): () => Promise<Look<SecurityPolicy>> {
  return async () => {
    const policy = await actor.get(NAME);
    if (policy === undefined) return { kind: 'not yet', seen: `no object "${NAME}"` };
    const upToDate = conditionOf(policy.status, 'UpToDate')?.status === 'True';
    return isReady(policy) && upToDate
      ? { kind: 'there', value: policy }
      : { kind: 'not yet', seen: conditions(policy) };
  };
}

function blockedBy(actor: Actor): () => Promise<Look<{ reason: string; message: string }>> {
  return async () => {
    const policy = await actor.get(NAME);
    const condition = conditionOf(policy?.status, 'DeletionBlocked');
    const named = condition?.message?.includes(LISTENER.listenerId) === true;
    if (condition?.status === 'True' && named)
      return { kind: 'there', value: { reason: condition.reason, message: condition.message ?? '' } };
    return { kind: 'not yet', seen: policy === undefined ? 'the object is gone' : conditions(policy) };
  };
}

function conditions(policy: SecurityPolicy): string {
  const all = policy.status?.conditions ?? [];
  if (all.length === 0) return 'no conditions yet';
  return all
    .map(({ type, status, reason, message }) => `${type}=${status} (${reason}: ${message})`)
    .join('; ');
}

function standing(teller: Teller, policy: SecurityPolicy): void {
  const line = conditionOf(policy.status, 'Ready');
  teller.table([
    ['id', policy.status?.securityPolicyId ?? 'none'],
    ['Ready', `${line?.status}, ${line?.reason}: ${line?.message}`, 'good'],
  ]);
}

function inCloud(spec: SecurityPolicySpec, live: LivePolicy | undefined): void {
  expectSame('TLS versions in the cloud', spec.tlsVersions?.toSorted(), live?.tlsVersions.toSorted());
  expectSame('ciphers in the cloud', spec.ciphers?.toSorted(), live?.ciphers.toSorted());
}

/** Longest value that is shown whole, in characters: what fits beside a parameter's name. */
const SHOWN = 60;

/** Shows a request as it arrived; throws when none did, or when it was not signed as it should be. */
function request(teller: Teller, wire: Wiretap, action: string, since: number): void {
  const sent = wire.find(action, since);
  if (sent === undefined) throw new NotAsTold(`a request ${action} to arrive at the cloud`, 'none arrived');
  const { authorization = '' } = sent.headers;
  if (!authorization.startsWith('ACS3-HMAC-SHA256 '))
    throw new NotAsTold(`${action} to be signed with ACS3-HMAC-SHA256`, authorization || 'no signature');
  teller.list([...lines(teller, sent), ...(action === 'CreateSecurityPolicy' ? proof(teller, sent) : [])]);
}

function lines(teller: Teller, { method, path, action, parameters }: TappedRequest): readonly string[] {
  const width = Math.max(0, ...parameters.map(([name]) => name.length)) + 1;
  const rows = parameters.map(
    ([name, value]) => `  ${teller.paint('key', name.padEnd(width))} ${cut(value)}`,
  );
  return [`${teller.paint('strong', `${method} ${path}`)}  ${teller.paint('strong', action)}`, ...rows];
}

/** The headers that prove who asks; shown once, since they look the same each time. */
function proof(teller: Teller, { headers }: TappedRequest): readonly string[] {
  const [first = '', ...rest] = (headers.authorization ?? '').split(',');
  const name = 'authorization: ';
  return [
    `${teller.paint('dim', 'x-acs-date:')} ${cut(headers['x-acs-date'] ?? '')}`,
    `${teller.paint('dim', name)}${first}${rest.length > 0 ? ',' : ''}`,
    ...rest.map((part, index) => ' '.repeat(name.length) + cut(part) + (index < rest.length - 1 ? ',' : '')),
  ];
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}
