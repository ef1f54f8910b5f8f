/**
 * The ground that the other end-to-end tests stand on: the real API server takes our CRDs, and the operator has the
 * rights that it needs and no others.
 */
import { expect, inject, onTestFinished, test } from 'vitest';
import { Admin, ApiRefusal } from '../environment/admin.ts';
import { AuditLog } from '../environment/audit.ts';
import { describeReal } from '../environment/tiers.ts';

const POLICY = {
  apiVersion: 'alb.alicloud.dev/v1alpha1',
  kind: 'SecurityPolicy',
  spec: { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] },
} as const;

async function open(who: 'adminKubeconfig' | 'operatorKubeconfig'): Promise<Admin> {
  const client = await Admin.of(inject('realServer')?.[who] ?? '');
  onTestFinished(() => client.close());
  return client;
}

interface Right {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Every right that `deploy/rbac.yaml` means to give. */
const GRANTED: readonly Right[] = [
  { verb: 'list', group: 'alb.alicloud.dev', resource: 'securitypolicies' },
  { verb: 'watch', group: 'alb.alicloud.dev', resource: 'securitypolicies' },
  { verb: 'patch', group: 'alb.alicloud.dev', resource: 'securitypolicies' },
  { verb: 'update', group: 'alb.alicloud.dev', resource: 'securitypolicies', subresource: 'status' },
  { verb: 'get', resource: 'namespaces', name: 'kube-system' },
  { verb: 'create', resource: 'events', namespace: 'default' },
  { verb: 'patch', resource: 'events', namespace: 'default' },
  { verb: 'get', group: 'coordination.k8s.io', resource: 'leases', namespace: 'albsp-system' },
  { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'albsp-system' },
  { verb: 'patch', group: 'coordination.k8s.io', resource: 'leases', namespace: 'albsp-system' },
];

/** What somebody who took over the operator must not be able to do. */
const DENIED: readonly Right[] = [
  { verb: 'get', resource: 'secrets', namespace: 'default' },
  { verb: 'list', resource: 'secrets' },
  { verb: 'watch', resource: 'secrets' },
  { verb: 'get', group: 'alb.alicloud.dev', resource: 'securitypolicies', namespace: 'default' },
  { verb: 'delete', group: 'alb.alicloud.dev', resource: 'securitypolicies', namespace: 'default' },
  { verb: 'create', group: 'alb.alicloud.dev', resource: 'securitypolicies', namespace: 'default' },
  { verb: 'get', resource: 'namespaces', name: 'default' },
  { verb: 'get', resource: 'pods', namespace: 'default' },
  { verb: 'patch', group: 'coordination.k8s.io', resource: 'leases', namespace: 'default' },
  { verb: 'delete', group: 'coordination.k8s.io', resource: 'leases', namespace: 'albsp-system' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: 'albsp-system' },
  { verb: 'update', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'update', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
];

async function mayDo(client: Admin, right: Right): Promise<boolean> {
  const answer = await client.create({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: { name: '' },
    spec: { resourceAttributes: { version: '*', ...right } },
  });
  return answer.status.allowed;
}

describeReal('the environment', () => {
  test('the API server takes every CRD and serves it', async () => {
    const admin = await open('adminKubeconfig');
    const crds = await admin.list('CustomResourceDefinition');
    const ours = crds.filter(({ metadata }) => metadata.name.endsWith('.alb.alicloud.dev'));
    expect(ours.map(({ metadata }) => metadata.name)).toContain('securitypolicies.alb.alicloud.dev');
    for (const { status } of ours) {
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Established', status: 'True' }),
      );
      expect(status.conditions).not.toContainEqual(
        expect.objectContaining({ type: 'NonStructuralSchema', status: 'True' }),
      );
    }
  });

  test('a new SecurityPolicy is not taken for ready: its observedGeneration is -1', async () => {
    const admin = await open('adminKubeconfig');
    const created = await admin.create({ ...POLICY, metadata: { name: 'new', namespace: 'default' } });
    onTestFinished(async () => {
      await admin.delete({ kind: 'SecurityPolicy', name: 'new', namespace: 'default' });
    });
    expect(created.status).toStrictEqual({ observedGeneration: -1 });
    expect(created.metadata.generation).toBe(1);
  });

  test('a cipher that goes with no chosen version is refused by the API server itself, with its field', async () => {
    const admin = await open('adminKubeconfig');
    const spec = { tlsVersions: ['TLSv1.3'], ciphers: ['TLS_AES_128_GCM_SHA256', 'AES128-SHA'] };
    const bad = { ...POLICY, metadata: { name: 'bad', namespace: 'default' }, spec };
    const refusal = await admin.create(bad).catch((failure: unknown) => failure);
    expect(refusal).toBeInstanceOf(ApiRefusal);
    expect(refusal).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(String(refusal)).toContain('AES128-SHA');
  });

  test.each(GRANTED)('the operator may $verb $resource $subresource', async (right) => {
    expect(await mayDo(await open('operatorKubeconfig'), right)).toBe(true);
  });

  test.each(DENIED)('O11: the operator may not $verb $resource $subresource $namespace', async (right) => {
    expect(await mayDo(await open('operatorKubeconfig'), right)).toBe(false);
  });

  test('the audit log names who asked for what, as soon as it is answered', async () => {
    const operator = await open('operatorKubeconfig');
    await operator.get({ kind: 'Namespace', name: 'kube-system' });
    await operator.list('Secret').catch(() => undefined);
    const log = new AuditLog(inject('realServer')?.auditLog ?? '');
    const entries = await log.entries({ user: ':albsp-system:albsp' });
    expect(entries).toContainEqual(
      expect.objectContaining({ verb: 'get', resource: 'namespaces', code: 200 }),
    );
    expect(entries).toContainEqual(expect.objectContaining({ verb: 'list', resource: 'secrets', code: 403 }));
  });
});
