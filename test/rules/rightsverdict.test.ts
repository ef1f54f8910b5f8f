/** The judge of the operator's rights (O11), by runs that nobody had. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuditEntry } from '../environment/audit.ts';
import type { Grant } from '../environment/rights/grants.ts';
import {
  type Asked,
  type Ended,
  type Refused,
  readUses,
  type Used,
  useOf,
} from '../environment/rights/uses.ts';
import { judge } from '../environment/rights/verdict.ts';

const WATCH: Grant = {
  mode: 'cluster',
  role: 'ClusterRole albsp',
  right: 'watch core/namespaces',
  name: '',
  wide: true,
};
const GET: Grant = { ...WATCH, right: 'get core/namespaces', name: 'kube-system', wide: false };
const EVENT: Grant = {
  ...WATCH,
  mode: 'namespaced',
  role: 'Role albsp-watch',
  right: 'create core/events',
  wide: false,
};
const LEASE: Grant = { ...EVENT, role: 'Role albsp', right: 'get coordination.k8s.io/leases' };
/** Two rights in each mode, since the others say which mode a Lease was used in. */
const GRANTS = [WATCH, GET, EVENT, { ...EVENT, right: 'patch core/events' }, LEASE];

function used(grant: Grant, more: Partial<Used> = {}): Used {
  const { role, right, name } = grant;
  const wide = grant.mode === 'cluster';
  return { kind: 'used', server: 'one', role, right, name, wide, command: 'run', ...more };
}

const ALL = GRANTS.map((grant) => used(grant, { server: grant.mode }));
const REFUSED: Refused = {
  kind: 'refused',
  server: 'one',
  right: 'get core/secrets',
  namespace: 'test-1-other',
  name: 'keys',
  time: '2026-01-01T10:00:00.500000Z',
};
const ASKED: Asked = { kind: 'asked', server: 'one', right: 'get core/secrets', namespace: 'test-1' };
const CLEAN = { breaches: [], unused: [], idle: [] };

describe('the judge of the rights', () => {
  test('is content when what is used is what is granted', () => {
    expect(judge(ALL, GRANTS)).toEqual(CLEAN);
  });

  test.each(GRANTS)('finds $right unused in $mode', (grant) => {
    const rest = ALL.filter(({ right }) => right !== grant.right);
    const { unused, breaches } = judge(rest, GRANTS);
    expect(breaches).toEqual([]);
    expect(unused).toEqual([expect.stringContaining(`grants '${grant.right}'`)]);
  });

  test('wants a list or a watch of a ClusterRole used on the whole cluster', () => {
    const { unused } = judge([...ALL.slice(1), used(WATCH, { wide: false })], GRANTS);
    expect(unused).toEqual([expect.stringContaining('on the whole cluster')]);
  });

  test('does not take the other mode for a use, nor a Lease of a server that had both', () => {
    const elsewhere = used(EVENT, { role: 'ClusterRole albsp' });
    expect(judge([...ALL, elsewhere], GRANTS).breaches).toHaveLength(1);
    const both = ALL.map((use) => ({ ...use, server: 'one' }));
    expect(judge(both, GRANTS).unused).toEqual([expect.stringContaining('leases')]);
  });

  test.each([
    ['a verb that no file has', used(EVENT, { right: 'delete core/events' })],
    ['another object than the one that is named', used(GET, { name: 'default' })],
    ['a right of everybody that run does not need', used(EVENT, { role: 'ClusterRole system:basic-user' })],
    ['a role that is not ours', used(EVENT, { role: 'ClusterRole cluster-admin' })],
    ['a list of Secrets', used(EVENT, { role: 'Role keys', right: 'list core/secrets' })],
    ['a watch of Secrets, though it was refused', { ...REFUSED, right: 'watch core/secrets' }],
    ['a refusal that no test asked for', { ...REFUSED, namespace: 'test-2' }],
    ['a refusal on another server', { ...REFUSED, server: 'two' }],
    ['a refusal of another right', { ...REFUSED, right: 'create core/events' }],
  ] as const)('refuses %s', (_, use) => {
    expect(judge([...ALL, REFUSED, ASKED, use], GRANTS).breaches.length).toBeGreaterThan(0);
  });

  test.each([
    [
      'a Secret that is got through a role of its own',
      used(EVENT, { role: 'Role keys', right: 'get core/secrets' }),
    ],
    [
      'what doctor asks as everybody may',
      used(EVENT, {
        role: 'ClusterRole system:basic-user',
        right: 'create authorization.k8s.io/selfsubjectaccessreviews',
        command: 'doctor',
      }),
    ],
  ])('takes %s', (_, use) => {
    expect(judge([...ALL, use], GRANTS)).toEqual(CLEAN);
  });

  test('takes a refusal that a test asked for, and tells one that never came', () => {
    expect(judge([...ALL, REFUSED, ASKED], GRANTS)).toEqual(CLEAN);
    expect(judge([...ALL, ASKED], GRANTS).idle).toHaveLength(1);
    // One about the whole cluster is asked for by no namespace, and no namespace by it.
    const wide = { ...ASKED, namespace: '' };
    expect(judge([...ALL, REFUSED, wide], GRANTS)).toMatchObject({
      breaches: { length: 1 },
      idle: { length: 1 },
    });
  });
});

describe('the end of all rights', () => {
  const end = (server: string, time: string): Ended => ({ kind: 'ended', server, time });

  test.each([
    ['takes a refusal after it', 'one', '2026-01-01T10:00:00.499Z', 0],
    ['refuses one before it', 'one', '2026-01-01T10:00:00.501Z', 1],
    ['refuses one on another server', 'two', '2026-01-01T10:00:00.499Z', 1],
  ])('%s', (_, server, time, breaches) => {
    expect(judge([...ALL, REFUSED, end(server, time)], GRANTS).breaches).toHaveLength(breaches);
  });
});

describe('a use of a right', () => {
  const entry: AuditEntry = {
    verb: 'update',
    user: 'system:serviceaccount:albsp-system:albsp',
    userAgent: 'albsp/0.1.0 (host_1)',
    group: 'alb.alicloud.dev',
    resource: 'securitypolicies',
    subresource: 'status',
    namespace: 'team-a',
    name: 'web',
    code: 200,
    decision: 'allow',
    reason:
      'RBAC: allowed by RoleBinding "albsp-watch/team-a" of Role "albsp-watch" to ServiceAccount "albsp/x"',
    path: '/apis/alb.alicloud.dev/v1alpha1/namespaces/team-a/securitypolicies/web/status',
    time: '',
    sent: undefined,
    answered: undefined,
  };

  test('is read from the audit log, with the role that allowed it', () => {
    expect(useOf(entry, 'one')).toEqual({
      kind: 'used',
      server: 'one',
      role: 'Role albsp-watch',
      right: 'update alb.alicloud.dev/securitypolicies/status',
      name: '',
      wide: false,
      command: 'run',
    });
  });

  test('is refused by the decision on rights only, not by an answer of 403', () => {
    expect(useOf({ ...entry, code: 403 }, 'one')?.kind).toBe('used');
    expect(useOf({ ...entry, code: 403, decision: 'forbid', reason: '' }, 'one')).toMatchObject({
      kind: 'refused',
      namespace: 'team-a',
    });
  });

  test('is not refused by an API server that starts again and does not know its roles yet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-audit-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const log = join(folder, 'audit.log');
    const refused = (verb: string, stageTimestamp: string) =>
      JSON.stringify({
        verb,
        stageTimestamp,
        user: { username: entry.user },
        userAgent: entry.userAgent,
        objectRef: { resource: 'events', namespace: 'team-a' },
        annotations: { 'authorization.k8s.io/decision': 'forbid' },
      });
    const lines = [refused('create', '2026-01-01T10:00:00.5Z'), refused('patch', '2026-01-01T10:00:02.5Z')];
    await writeFile(log, `${lines.join('\n')}\n`);
    const start = { from: Date.parse('2026-01-01T10:00:00Z'), to: Date.parse('2026-01-01T10:00:01Z') };
    expect(await readUses(log, [start])).toMatchObject([{ kind: 'refused', right: 'patch core/events' }]);
    expect(await readUses(log)).toHaveLength(2);
  });

  test('is a path where it is no resource', () => {
    const version = { ...entry, verb: 'get', group: '', resource: '', namespace: '', path: '/version' };
    expect(useOf({ ...version, userAgent: 'albsp/0.1.0 (doctor)' }, 'one')).toMatchObject({
      right: 'get /version',
      command: 'doctor',
    });
  });

  test.each([
    ['another account', { user: 'system:serviceaccount:team-a:default' }],
    ['an administrator', { user: 'admin' }],
    ['anybody, when nobody decided', { decision: '' }],
    ["the tests with the operator's token", { userAgent: 'albsp-tests' }],
  ] as const)('is not that of %s', (_, other) => {
    expect(useOf({ ...entry, ...other }, 'one')).toBeUndefined();
  });
});
