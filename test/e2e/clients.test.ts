/** Flux and Argo CD, by their own code, about every status that the operator's own code writes: never done too early. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SecurityPolicy } from '../../src/api/securitypolicy.ts';
import { nextConfigStatus } from '../../src/domain/configstatus.ts';
import type { Account, CloudErrorKind, CloudResult } from '../../src/ports/cloud.ts';
import { argocdHealth, describeClients, fluxStatus, kstatus } from '../environment/clients.ts';
import { isDone, meaning, met, nameOf, objectAt, POINTS } from '../environment/lives.ts';
import { describeTiers } from '../environment/tiers.ts';
import { section } from '../rules/documents.ts';
import { OUTCOMES } from '../rules/outcomes.ts';
import { anyObject, anyOutcome } from '../unit/domain/anything.ts';

const GOOD = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'AES128-SHA'] };
const PAUSED = 'alb.alicloud.dev/paused';
/** A history costs a call of each program; so many are judged by one. */
const TOGETHER = 40;

/** What the tools say by what the status means. */
const WORDS = {
  done: { kstatus: 'Current', argocd: 'Healthy' },
  working: { kstatus: 'InProgress', argocd: 'Progressing' },
  stuck: { kstatus: 'Failed', argocd: 'Degraded' },
  'paused, done': { kstatus: 'Current', argocd: 'Suspended' },
  'paused, not done': { kstatus: 'InProgress', argocd: 'Suspended' },
  deleting: { kstatus: 'Terminating', argocd: 'Progressing' },
} as const;

/** Outcomes that make an object Ready, or leave it as it was: chance alone seldom puts one after the other. */
const TEMPTING = OUTCOMES.filter(({ kind }) => ['inSync', 'paused', 'readOnly', 'awaiting'].includes(kind));
const anyStep = fc.oneof(anyOutcome, fc.constantFrom(...TEMPTING), fc.constant('edited' as const));

/** An object that passes have written, perhaps edited between and after them. */
const anyLife: fc.Arbitrary<SecurityPolicy> = fc
  .tuple(anyObject, anyOutcome, fc.array(anyStep, { maxLength: 6 }))
  .map(([object, first, rest]) =>
    rest.reduce<SecurityPolicy>(
      (now, step) => (step === 'edited' ? edited(now) : met(now, step)),
      met(object, first),
    ),
  );

function edited(object: SecurityPolicy): SecurityPolicy {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, generation: metadata.generation + 1 } };
}

/** The rows of the table of docs/gitops.md. */
const STATES: readonly (readonly [string, SecurityPolicy])[] = [
  ['created, no operator has looked at it', objectAt('new')],
  ['being created or adopted', after('new', 'announced')],
  ['the spec, a right or the quota is in the way', after('new', 'rejected')],
  ['the cloud gives no answer', after('new', 'createFailed: indeterminate')],
  ['applied', objectAt('applied')],
  ['applied, and the cloud cannot be read', after('applied', 'unread: indeterminate')],
  ['drift is reported and left', after('applied', 'drifted')],
  ['drift is being corrected', after('applied', 'updating')],
  ['deleted outside, being made anew', after('applied', 'lost')],
  ['edited, not looked at yet', objectAt('edited')],
  ['an edit is being applied', after('edited', 'updating')],
  ['the cloud refuses an edit', after('edited', 'updateFailed: refused')],
  ['paused or read-only, when applied', after('applied', 'paused')],
  ['paused with an edit, or before it was created', after('edited', 'paused')],
  ['DryRun: the cloud would accept it', after('new', 'prechecked')],
  ['being deleted', after('deleting', 'deleting')],
  ['its deletion is blocked by listeners', after('deleting', 'blocked')],
];

/** The object that met the outcome of this name at that point. */
function after(point: (typeof POINTS)[number], name: string): SecurityPolicy {
  const outcome = OUTCOMES.find((one) => nameOf(one) === name);
  if (outcome === undefined) throw new Error(`There is no outcome '${name}'`);
  return met(objectAt(point), outcome);
}

describeClients('kstatus, Flux and Argo CD', () => {
  let folder: string;
  let expressions: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'albsp-clients-'));
    expressions = join(folder, 'expressions.json');
    const page = section(await readFile('docs/gitops.md', 'utf8'), 'Flux');
    const [, text = ''] = /```yaml\n(healthCheckExprs:[\s\S]*?)```/.exec(page) ?? [];
    const [exprs] = parse(text).healthCheckExprs;
    await writeFile(expressions, JSON.stringify(exprs));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe.each(POINTS)('of an object that is %s', (point) => {
    test('say of every outcome what the design means by it', async () => {
      const objects = OUTCOMES.map((outcome) => met(objectAt(point), outcome));
      const [flux, argocd] = await Promise.all([kstatus(objects), argocdHealth(objects)]);
      const said = OUTCOMES.map((outcome, index) => [nameOf(outcome), flux[index], argocd[index]]);
      const wanted = OUTCOMES.map((outcome) => {
        const words = WORDS[meaning(outcome, point)];
        return [nameOf(outcome), words.kstatus, words.argocd];
      });
      expect(said).toEqual(wanted);
    });
  });

  test('never take any history for done unless Ready is True at this generation', async () => {
    const lives = fc.array(anyLife, { minLength: TOGETHER, maxLength: TOGETHER });
    let done = 0;
    const judged = fc.asyncProperty(lives, async (objects) => {
      const [flux, custom, argocd] = await Promise.all([
        kstatus(objects),
        fluxStatus(expressions, objects),
        argocdHealth(objects),
      ]);
      for (const [index, object] of objects.entries()) {
        const words = [flux[index], custom[index], argocd[index]];
        expect(words.join()).not.toMatch(/error|Unknown/);
        if (isDone(object)) done += 1;
        else expect(words, JSON.stringify(object)).not.toEqual(expect.arrayContaining(['Current']));
        if (!isDone(object)) expect(words, JSON.stringify(object)).not.toContain('Healthy');
        if (object.metadata.deletionTimestamp !== undefined) expect(flux[index]).toBe('Terminating');
      }
    });
    await fc.assert(judged, { numRuns: 50 });
    expect(done).toBeGreaterThan(50);
  });

  test('healthCheckExprs of docs/gitops.md say what kstatus says, but for a deletion', async () => {
    for (const point of POINTS) {
      const objects = OUTCOMES.map((outcome) => met(objectAt(point), outcome));
      const [plain, custom] = await Promise.all([kstatus(objects), fluxStatus(expressions, objects)]);
      expect(custom).toEqual(plain.map((word) => (word === 'Terminating' ? 'InProgress' : word)));
    }
    const created = await fluxStatus(expressions, [objectAt('new')]);
    expect(created).toEqual(['InProgress']);
  });

  test('show what the table of docs/gitops.md says', async () => {
    const page = section(await readFile('docs/gitops.md', 'utf8'), 'What each shows in each state');
    const rows = [...page.matchAll(/^\| ([^|`]+) \| `(\w+)` \| `(\w+)` \|$/gm)].map((row) => row.slice(1, 4));
    const objects = STATES.map(([, object]) => object);
    const [flux, argocd] = await Promise.all([kstatus(objects), argocdHealth(objects)]);
    expect(rows).toEqual(STATES.map(([name], index) => [name, flux[index], argocd[index]]));
  });

  test.each(['SecurityPolicy', 'ProviderConfig', 'ClusterProviderConfig'])(
    'wait for the operator where no status of a %s was written yet',
    async (kind) => {
      const created = { ...objectAt('new'), kind };
      expect(await kstatus([created])).toEqual(['InProgress']);
      expect(await argocdHealth([created, { ...objectAt('new'), kind, status: {} }])).toEqual([
        'Progressing',
        'Progressing',
      ]);
    },
  );

  test.each<[string, CloudResult<Pick<Account, 'accountId' | 'arn'>>, string, string]>([
    ['that works', { kind: 'ok', value: { accountId: '1', arn: 'arn' } }, 'Current', 'Healthy'],
    ['whose credentials are refused', failure('credentials'), 'Failed', 'Degraded'],
    ['that lacks a right', failure('denied'), 'Failed', 'Degraded'],
    ['that nobody could ask about', failure('indeterminate'), 'InProgress', 'Progressing'],
  ])('say of a provider config %s: %#', async (_, account, flux, argocd) => {
    const { metadata } = objectAt('new');
    const object = {
      apiVersion: 'alb.alicloud.dev/v1alpha1',
      kind: 'ProviderConfig' as const,
      metadata,
      spec: { secretRef: { name: 'keys' } },
    };
    const config = { kind: object.kind, object };
    const seen = { ...object, status: nextConfigStatus(config, account, 0) };
    const edited = { ...seen, metadata: { ...metadata, generation: 2 } };
    expect(await kstatus([seen, edited])).toEqual([flux, 'InProgress']);
    expect(await argocdHealth([seen, edited])).toEqual([argocd, 'Progressing']);
  });
});

describeClients('versions of a real life', () => {
  describeTiers('seen by a watch', (tier) => {
    test('are never taken for done too early, and end as they should', async () => {
      const world = await tier.open({ sightings: true });
      await world.startOperator();
      await world.apply('web', GOOD);
      await world.whenReady('web');
      await world.apply('web', { ...GOOD, ciphers: ['AES128-SHA'] });
      await world.whenReady('web');
      await world.patch('web', { metadata: { annotations: { [PAUSED]: 'true' } } });
      await world.whenCondition('web', { type: 'Paused', status: 'True' });
      await world.patch('web', { metadata: { annotations: { [PAUSED]: null } } });
      await world.whenReady('web');
      await world.delete('web');
      await world.whenGone('web');
      // The judgement itself is of the world, when it closes.
      const objects = world.sightings();
      const [flux, argocd] = await Promise.all([kstatus(objects), argocdHealth(objects)]);
      expect(new Set(flux)).toEqual(new Set(['InProgress', 'Current', 'Terminating']));
      expect(new Set(argocd)).toEqual(new Set(['Progressing', 'Healthy', 'Suspended']));
      const edit = objects.findIndex(({ metadata }) => metadata.generation === 2);
      expect([flux[edit - 1], flux[edit]]).toEqual(['Current', 'InProgress']);
      expect(flux.at(-1)).toBe('Terminating');
    });
  });
});

function failure(kind: CloudErrorKind): CloudResult<never> {
  return { kind: 'error', error: { kind, code: 'Code', message: 'Text' } };
}
