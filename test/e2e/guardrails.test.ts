/** `deploy/guardrails` on the real API server, by kubectl: what is refused, what is not, and what people read. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { retains } from '../../src/domain/plan/life.ts';
import { SUITES, WEAKNESSES } from '../../src/domain/tls.ts';
import { ApiRefusal, type Manifest } from '../environment/admin.ts';
import { type Cluster, openOwn } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { BAD, GOOD, GUARDRAILS, GuardedWorld } from '../environment/guardrails.ts';
import { describeReal } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const WITHIN_MS = 30_000;
/** The most that the CRD lets stand in a spec. */
const FULL = {
  tlsVersions: ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  ciphers: SUITES.map(({ name }) => name),
  unlistedCiphers: Array.from({ length: 6 }, (_, index) => `${'X'.repeat(60)}-${index}`),
};
const OBSERVING = { managementPolicy: 'Observe', adopt: { securityPolicyId: 'spy-1' } } as const;

describeReal('guardrails', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await openOwn();
  });
  afterAll(() => cluster.close());

  test('minimum-tls refuses an older version by name, at create and at update, and takes the others', async () => {
    const guarded = await open('1.2');
    const { kubectl, world } = guarded;
    await guarded.guard('minimum-tls');
    const said = await guarded.applyRefused('web', BAD['minimum-tls'], 'minimum-tls');
    expect(said).toContain(
      `denied request: spec.tlsVersions lists TLSv1.1, and namespace ${world.namespace} asks for TLSv1.2 or later (label alb.alicloud.dev/minimum-tls). Fix: take it out of spec.tlsVersions, and take out of spec.ciphers what no other version can use ("albsp ciphers" shows which)`,
    );
    expect(said).toMatch(/^Error from server \(Forbidden\): /);
    await kubectl.ok(['apply', '-f', '-'], guarded.manifest('web', GOOD));
    await guarded.applyRefused('web', BAD['minimum-tls'], /spec\.tlsVersions lists TLSv1\.1, and/);
    const none = { ...GOOD, tlsVersions: ['TLSv1.0', 'TLSv1.1'], ciphers: ['AES128-SHA'] };
    expect(await guarded.applyRefused('web', none, 'TLSv1.0, TLSv1.1')).toContain(
      'take them out of spec.tlsVersions, list TLSv1.2 there, and',
    );
  });

  test('minimum-tls leaves a namespace without the label alone', async () => {
    const strict = await open('1.3');
    const free = await open();
    await strict.guard('minimum-tls');
    await strict.applyRefused('web', GOOD, /spec\.tlsVersions lists TLSv1\.2, and/);
    await free.kubectl.ok(['apply', '-f', '-'], free.manifest('web', { ...GOOD, ...FULL }));
  });

  test('minimum-tls refuses under a label that is no version, and its fix is a command that works', async () => {
    const guarded = await open('tls1.2');
    await guarded.guard('minimum-tls');
    const said = await guarded.applyRefused('web', GOOD, 'is "tls1.2", must be one of 1.0, 1.1, 1.2, 1.3');
    await guarded.kubectl.ok(fixOf(said));
    await guarded.applied('web', GOOD);
  });

  test('forbidden-suites refuses exactly the suites of each class when only these are forbidden', async () => {
    const guarded = await open();
    await guarded.guard('forbidden-suites');
    for (const weakness of WEAKNESSES.keys()) {
      await guarded.parameters('forbidden-suites', { [weakness]: 'forbid', unlisted: 'allow' });
      const name = weakness.toLowerCase().replace('_', '-');
      const weak = SUITES.filter(({ weaknesses }) => weaknesses.includes(weakness)).map(({ name }) => name);
      const listed = weak.map((name) => `${name} (${weakness})`).join(', ');
      const said = await guarded.applyRefused(
        name,
        FULL,
        literally(
          `spec.ciphers lists ${listed}; forbidden by ConfigMap albsp-system/albsp-forbidden-suites.`,
        ),
      );
      expect(said).toContain(
        'Fix: take them out. Without a weakness are for TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256, ',
      );
      const rest = { ...FULL, ciphers: FULL.ciphers.filter((one) => !weak.includes(one)) };
      await guarded.kubectl.ok(['apply', '-f', '-'], guarded.manifest(name, rest));
      const hidden = { ...rest, unlistedCiphers: [weak[0]] };
      const hiddenSaid = literally(`spec.unlistedCiphers lists ${weak[0]} (${weakness});`);
      await guarded.applyRefused(name, hidden, hiddenSaid);
    }
  });

  test('forbidden-suites names every suite of the largest spec with all its classes, within the cost that CEL has', async () => {
    const guarded = await open();
    await guarded.guard('forbidden-suites');
    const said = await guarded.applyRefused('web', FULL, 'spec.ciphers lists');
    for (const { name, weaknesses } of SUITES) {
      if (weaknesses.length > 0) expect(said).toContain(`${name} (${weaknesses.join(', ')})`);
      else expect(said).not.toContain(`${name} (`);
    }
    for (const name of FULL.unlistedCiphers) expect(said).toContain(`${name} (unlisted)`);
  });

  test('forbidden-suites says what is wrong with its parameters', async () => {
    const guarded = await open();
    await guarded.guard('forbidden-suites');
    await guarded.parameters('forbidden-suites', { '3des': 'forbid' });
    await guarded.applyRefused(
      'web',
      GOOD,
      /ConfigMap albsp-system\/albsp-forbidden-suites has "3des: forbid", but a key must be one of 3DES, CBC, static-RSA, CCM_8, unlisted and a value one of forbid, allow/,
    );
    await guarded.parameters('forbidden-suites', { '3DES': 'refuse' });
    await guarded.applyRefused('web', GOOD, 'has "3DES: refuse", but a key');
  });

  test('required-tags names what is missing and what has another value, and takes what is right', async () => {
    const guarded = await open();
    await guarded.guard('required-tags');
    const said = await guarded.applyRefused(
      'web',
      { ...GOOD, tags: { environment: 'prod' } },
      'required-tags',
    );
    expect(said).toContain(
      'denied request: spec.tags lacks "team"; spec.tags["environment"] is "prod", must be one of production, staging, development; asked for by ConfigMap albsp-system/albsp-required-tags. Fix: set spec.tags["team"], spec.tags["environment"]',
    );
    await guarded.applyRefused(
      'web',
      { ...GOOD, tags: undefined },
      literally(
        'spec.tags lacks "team"; spec.tags lacks "environment" (one of production, staging, development);',
      ),
    );
    await guarded.kubectl.ok(['apply', '-f', '-'], guarded.manifest('web', GOOD));
    await guarded.applyRefused('web', BAD['required-tags'], 'spec.tags lacks "team"; asked for');
  });

  test('required-tags judges the longest tags within the cost that CEL has', async () => {
    const guarded = await open();
    await guarded.guard('required-tags');
    const keys = Array.from({ length: 17 }, (_, index) => `${'环'.repeat(120)}${index}`);
    const allowed = Array.from({ length: 20 }, (_, index) => `${'x'.repeat(120)}${index}`);
    const required = keys.map((key) => `${key} = ${allowed.join(', ')}`).join('\n');
    await guarded.parameters('required-tags', { required });
    const tags = (value: string) => Object.fromEntries(keys.map((key) => [key, value]));
    // The message itself would be too long: the plain one takes its place.
    await guarded.applyRefused(
      'web',
      { ...GOOD, tags: tags('y'.repeat(128)) },
      /denied request: spec\.tags lacks what the ConfigMap of this guardrail asks for/,
    );
    await guarded.kubectl.ok(
      ['apply', '-f', '-'],
      guarded.manifest('web', { ...GOOD, tags: tags(`${'x'.repeat(120)}19`) }),
    );
  });

  test('required-tags says what is wrong with its parameters', async () => {
    const guarded = await open();
    await guarded.guard('required-tags');
    const mistakes = [{}, { required: 'team', team: '' }, { required: '\n' }, { required: 'team =' }];
    for (const mistake of mistakes) {
      await guarded.parameters('required-tags', { required: 'owner' });
      await guarded.applyRefused('web', GOOD, 'lacks "owner"');
      await guarded.parameters('required-tags', mistake);
      await guarded.applyRefused(
        'web',
        GOOD,
        literally(
          'ConfigMap albsp-system/albsp-required-tags is not right: data.required must have a line for each tag, "key" or "key = value, value", and no other key may stand in data',
        ),
      );
    }
  });

  test('deletion refuses what would delete a policy in the cloud, until it is annotated by the command that it prints', async () => {
    const guarded = await open();
    const { kubectl, world } = guarded;
    await guarded.guard('deletion');
    await world.startOperator();
    for (const [name, more] of [
      ['web', {}],
      ['kept', { deletionPolicy: 'Retain' }],
    ] as const)
      await world.apply(name, { ...GOOD, ...more });
    const { status } = await world.whenReady('web', WITHIN_MS);
    await world.whenReady('kept', WITHIN_MS);
    const said = await guarded.refused(['delete', 'albsp', 'web'], 'albsp-deletion');
    expect(said).toContain(
      `deleting it would delete policy ${status.securityPolicyId} in the cloud, and a deletion cannot be taken back; metadata.annotations["alb.alicloud.dev/allow-deletion"] is "", must be "true". Fix: see that no listener uses the policy, then kubectl annotate`,
    );
    expect(said).toContain('or set spec.deletionPolicy to Retain to keep it in the cloud');
    expect((await kubectl.run(['delete', 'albsp', 'web'])).code).toBe(1);
    expect((await world.get('web')).metadata.deletionTimestamp).toBeUndefined();
    await kubectl.ok(['delete', 'albsp', 'kept', '--wait=true', '--timeout=30s']);
    await kubectl.ok(fixOf(said));
    await kubectl.ok(['delete', 'albsp', 'web', '--wait=true', '--timeout=30s']);
    expect(world.alb.model.live().map(({ name }) => name)).toEqual(['kept']);
  });

  test('deletion takes what is not bound to a policy, or only observes it', async () => {
    const guarded = await open();
    const { kubectl, world } = guarded;
    await guarded.guard('deletion');
    await world.apply('unbound', GOOD);
    await world.apply('bound', GOOD);
    await world.apply('observing', { ...GOOD, ...OBSERVING });
    for (const name of ['bound', 'observing']) await bind(world, name, { binding: 'Created' });
    await guarded.refused(['delete', 'albsp', 'bound'], 'delete policy spy-bound');
    await kubectl.ok(['delete', 'albsp', 'unbound', 'observing']);
  });

  test('deletion is refused for exactly those bound policies that the operator would delete', async () => {
    const guarded = await open();
    const { world } = guarded;
    await guarded.guard('deletion');
    await world.apply('first', GOOD);
    await bind(world, 'first', {});
    await guarded.refused(['delete', 'albsp', 'first'], 'delete policy spy-first');
    const verdicts: { readonly refused: boolean; readonly deletes: boolean; readonly of: string }[] = [];
    for (const deletionPolicy of [undefined, 'Delete', 'Retain'] as const) {
      for (const adopt of [undefined, OBSERVING.adopt]) {
        for (const binding of [undefined, 'Created', 'Adopted', 'Observed'] as const) {
          const name = `policy-${verdicts.length}`;
          await world.apply(name, {
            ...GOOD,
            ...(deletionPolicy && { deletionPolicy }),
            ...(adopt && { adopt }),
          });
          const { apiVersion, kind, spec, status } = await bind(
            world,
            name,
            binding === undefined ? {} : { binding },
          );
          const path = `/apis/alb.alicloud.dev/v1alpha1/namespaces/${world.namespace}/securitypolicies/${name}`;
          const refused = await world.admin.send('DELETE', `${path}?dryRun=All`).then(
            () => false,
            (failure) => failure instanceof ApiRefusal && failure.code === 403,
          );
          const metadata = {
            name,
            namespace: world.namespace,
            uid: '1',
            generation: 1,
            resourceVersion: '1',
          };
          const policy = { apiVersion, kind, metadata, spec, status };
          verdicts.push({ refused, deletes: !retains(policy), of: JSON.stringify({ spec, status }) });
        }
      }
    }
    for (const { refused, deletes, of } of verdicts) expect(refused, of).toBe(deletes);
    expect(new Set(verdicts.map(({ refused }) => refused)).size).toBe(2);
  });

  test('deletion holds the deletion of a namespace, which then says why', async () => {
    const guarded = await open();
    const { kubectl, world } = guarded;
    await guarded.guard('deletion');
    await world.startOperator();
    await world.apply('web', GOOD);
    await world.whenReady('web', WITHIN_MS);
    await guarded.refused(['delete', 'albsp', 'web'], 'albsp-deletion');
    await kubectl.ok(['delete', 'namespace', world.namespace, '--wait=false']);
    const why = async () =>
      expect(await kubectl.ok(['get', 'namespace', world.namespace, '-o', 'yaml'])).toContain(
        'allow-deletion',
      );
    await eventually(why, { within: WITHIN_MS });
    expect((await world.get('web')).metadata.deletionTimestamp).toBeUndefined();
    await kubectl.ok(['annotate', 'albsp', '--all', 'alb.alicloud.dev/allow-deletion=true']);
    await world.whenGone('web', WITHIN_MS);
    expect(world.alb.model.live()).toEqual([]);
  });

  test('an object that was there before is annotated, reconciled, changed elsewhere, finalized and deleted as ever', async () => {
    const guarded = await open('1.2');
    const { kubectl, world } = guarded;
    const old = {
      ...BAD['minimum-tls'],
      ...BAD['forbidden-suites'],
      tlsVersions: ['TLSv1.1', 'TLSv1.3'],
      tags: { a: 'b' },
    };
    const weak = { ...old, ciphers: ['DES-CBC3-SHA', 'TLS_AES_128_GCM_SHA256'] };
    await world.startOperator();
    await world.apply('old', weak);
    await world.whenReady('old', WITHIN_MS);
    await guarded.guard(...GUARDRAILS);
    await guarded.applyRefused('new', BAD['minimum-tls'], 'albsp-minimum-tls');
    await guarded.applyRefused('new', BAD['forbidden-suites'], 'albsp-forbidden-suites');
    await guarded.applyRefused('new', BAD['required-tags'], 'albsp-required-tags');
    await guarded.applyRefused('old', { ...weak, tags: { a: 'c' } }, 'albsp-required-tags-update');
    await guarded.applyRefused(
      'old',
      { ...weak, ciphers: weak.ciphers.toReversed() },
      'albsp-forbidden-suites-update',
    );
    await guarded.applyRefused(
      'old',
      { ...weak, tlsVersions: weak.tlsVersions.toReversed() },
      'albsp-minimum-tls',
    );
    await guarded.refused(['delete', 'albsp', 'old'], 'albsp-deletion');

    await kubectl.ok(['label', 'albsp', 'old', 'a=b']);
    await kubectl.ok(['annotate', 'albsp', 'old', 'alb.alicloud.dev/reconcile-requested-at=now']);
    await eventually(async () => expect((await world.get('old')).status.lastHandledReconcileAt).toBe('now'), {
      within: WITHIN_MS,
    });
    await world.apply('old', { ...weak, driftPolicy: 'Report', deletionPolicy: 'Delete' });
    await world.whenReady('old', WITHIN_MS);
    await kubectl.ok(['annotate', 'albsp', 'old', 'alb.alicloud.dev/allow-deletion=true']);
    await kubectl.ok(['delete', 'albsp', 'old', '--wait=true', '--timeout=30s']);
    expect(world.alb.model.live()).toEqual([]);
  });

  test('an object that is being deleted is not judged any more', async () => {
    const guarded = await open('1.2');
    const { kubectl, world } = guarded;
    await world.admin.create(world.policy('web', GOOD, { finalizers: ['example.com/held'] }));
    await world.patch('web', { status: { securityPolicyId: 'spy-web' } }, 'status');
    await kubectl.ok(['delete', 'albsp', 'web', '--wait=false']);
    await guarded.guard(...GUARDRAILS);
    const { tlsVersions } = BAD['minimum-tls'];
    const { ciphers } = BAD['forbidden-suites'];
    const bad = { tlsVersions, ciphers, tags: { a: 'b' } };
    for (const one of ['minimum-tls', 'forbidden-suites', 'required-tags'] as const)
      await guarded.applyRefused('new', BAD[one], `albsp-${one}`);
    await world.patch('web', { spec: { ...bad, tags: { team: null, environment: null, a: 'b' } } });
    await kubectl.ok(['delete', 'albsp', 'web', '--wait=false']);
    await world.patch('web', { metadata: { finalizers: null } });
    await world.whenGone('web', WITHIN_MS);
  });

  test('an object that only observes is not judged until it would write', async () => {
    const guarded = await open('1.2');
    await guarded.guard('minimum-tls', 'forbidden-suites', 'required-tags');
    for (const one of ['minimum-tls', 'forbidden-suites', 'required-tags'] as const) {
      await guarded.applyRefused('new', BAD[one], `albsp-${one}`);
      const observing = { ...BAD[one], ...OBSERVING };
      await guarded.kubectl.ok(['apply', '-f', '-'], guarded.manifest(one, observing));
      await guarded.applyRefused(one, { ...observing, managementPolicy: 'Managed' }, `albsp-${one}`);
    }
  });

  test('an operator beside them makes, keeps and deletes what they accept, and is refused nothing', async () => {
    const guarded = await open('1.2');
    const { kubectl, world } = guarded;
    await guarded.guard(...GUARDRAILS);
    await guarded.applyRefused('web', BAD['required-tags'], 'albsp-required-tags');
    await world.startOperator();
    await guarded.applied('web', GOOD);
    const { status } = await world.whenReady('web', WITHIN_MS);
    const place = { account: '1000000000000001', region: 'cn-hangzhou' };
    expect(world.alb.console.edit(place, status.securityPolicyId, { ciphers: ['AES128-SHA'] })).toBe(true);
    const mended = () =>
      expect(world.alb.model.live()[0]?.ciphers.toSorted()).toEqual(GOOD.ciphers.toSorted());
    await eventually(mended, { within: WITHIN_MS });
    await kubectl.ok(['annotate', 'albsp', 'web', 'alb.alicloud.dev/allow-deletion=true']);
    await kubectl.ok(['delete', 'albsp', 'web', '--wait=true', '--timeout=30s']);
    const refused = (await world.requests()).filter(
      ({ namespace, code }) => namespace === world.namespace && (code === 403 || code === 422),
    );
    expect(refused).toEqual([]);
  });

  test('a lost ConfigMap stops new objects and nothing else: what is there gets its finalizer and its end', async () => {
    const guarded = await open();
    const { kubectl, world } = guarded;
    await guarded.guard('forbidden-suites');
    await guarded.applyRefused('web', BAD['forbidden-suites'], 'albsp-forbidden-suites');
    await guarded.applied('web', GOOD);
    await guarded.platform.ok(['delete', 'configmap', 'albsp-forbidden-suites']);
    const said = await guarded.applyRefused('new', GOOD, 'albsp-forbidden-suites');
    expect(said).toContain('no params found for policy binding with `Deny` parameterNotFoundAction');
    await world.startOperator();
    await world.whenReady('web', WITHIN_MS);
    await kubectl.ok(['delete', 'albsp', 'web', '--wait=true', '--timeout=30s']);
    expect(world.alb.model.live()).toEqual([]);
  });

  function open(minimum?: string): Promise<GuardedWorld> {
    return GuardedWorld.open(cluster, minimum);
  }
});

/** Gives an object a policy, as the operator's status does. */
function bind(world: World, name: string, more: { readonly binding?: string }): Promise<Manifest> {
  return world.patch(name, { status: { securityPolicyId: `spy-${name}`, ...more } }, 'status');
}

/** The arguments of the command of kubectl in a message. */
function fixOf(said: string): readonly string[] {
  const command = /kubectl ((?:label|annotate) [^;\n]*)/.exec(said)?.[1];
  expect(command, said).toBeDefined();
  return command?.split(' ') ?? [];
}

function literally(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}
