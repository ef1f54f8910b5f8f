/** What the chart renders and what it refuses, by both Helms. No cluster is needed here. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { RRSA_TOKEN_FILE } from '../../src/adapters/alb/credentials/rrsa.ts';
import { parseRun } from '../../src/config/commandline.ts';
import { type Manifest, readManifests } from '../environment/admin.ts';
import { CHART, describeHelms, Helm, objectOf, type Values } from '../environment/helm.ts';
import { readCrds, readRights } from '../environment/realserver.ts';

const NAMESPACE = 'albsp-system';
const KEYS: Values = {
  region: 'cn-hangzhou',
  credentials: { environment: { existingSecret: 'albsp-credentials' } },
};
const NAMESPACED: Values = { ...KEYS, watchNamespaces: ['team-a', 'team-b'], clusterId: 'shop' };

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Every right in the rules of these objects, as `verb group/resource`. */
function rightsOf(objects: readonly Manifest[]): readonly string[] {
  const rights = objects
    .flatMap(({ rules }) => (rules ?? []) as readonly Rule[])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group || 'core'}/${resource}`)),
      ),
    );
  return [...new Set(rights)].toSorted();
}

/** The roles that are bound to the operator itself. */
function operatorRoles(objects: readonly Manifest[]): readonly Manifest[] {
  const bound = objects
    .filter(({ kind }) => kind === 'ClusterRoleBinding' || kind === 'RoleBinding')
    .map(({ roleRef, metadata }) => `${roleRef.kind} ${metadata.namespace ?? ''} ${roleRef.name}`);
  return objects.filter(({ kind, metadata }) =>
    bound.includes(`${kind} ${metadata.namespace ?? ''} ${metadata.name}`),
  );
}

function containerOf(objects: readonly Manifest[]): Manifest['spec'] {
  return objectOf(objects, 'Deployment').spec.template.spec.containers[0];
}

describeHelms('the chart', (version) => {
  const helm = () => Helm.of(version, NAMESPACE);

  test('passes lint with every file of values that it shows', async () => {
    const files = await readdir(join(CHART, 'ci'));
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const said = await helm().ok(['lint', '--strict', CHART, `--values=${join(CHART, 'ci', file)}`]);
      expect(said, file).toContain('1 chart(s) linted, 0 chart(s) failed');
    }
  });

  test('renders by default a Pod without a right that it does not need {S12}', async () => {
    const objects = await helm().template(KEYS);
    const { spec, metadata } = objectOf(objects, 'Deployment').spec.template;
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf(objects).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(containerOf(objects).resources.limits.memory).toBe('256Mi');
    expect(objectOf(objects, 'ServiceAccount').automountServiceAccountToken).toBe(false);
    expect(spec.hostNetwork ?? spec.hostPID ?? spec.hostIPC).toBeUndefined();
    expect(metadata.labels['pod-identity.alibabacloud.com/injection']).toBeUndefined();
  });

  test('keeps service links out of the environment, which the operator would take for unknown flags', async () => {
    const objects = await helm().template(KEYS);
    const { name } = objectOf(objects, 'Service').metadata;
    const link = `${name.toUpperCase().replaceAll('-', '_')}_SERVICE_HOST`;
    expect(parseRun(['--region=cn-hangzhou'], { [link]: '10.0.0.7' }, false)).toMatchObject({
      kind: 'error',
    });
    for (const spec of [objectOf(objects, 'Deployment').spec.template.spec, objectOf(objects, 'Pod').spec])
      expect(spec.enableServiceLinks).toBe(false);
  });

  test('has two replicas that elect a leader, are spread, and are not drained together', async () => {
    const objects = await helm().template(KEYS);
    const { spec } = objectOf(objects, 'Deployment');
    expect(spec.replicas).toBe(2);
    expect(containerOf(objects).args).toContain('--leader-elect=true');
    const labels = spec.template.metadata.labels;
    const selectors = [
      spec.selector,
      objectOf(objects, 'PodDisruptionBudget').spec.selector,
      { matchLabels: objectOf(objects, 'Service').spec.selector },
      ...spec.template.spec.topologySpreadConstraints.map((one: Manifest) => one.labelSelector),
    ];
    expect(selectors).toHaveLength(5);
    for (const { matchLabels } of selectors) expect(labels).toMatchObject(matchLabels);
    expect(labels).not.toHaveProperty('helm.sh/chart');
  });

  test('probes health for life and readiness, on the port that it listens on', async () => {
    const container = containerOf(await helm().template(KEYS));
    expect(container.startupProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(container.ports).toEqual([{ name: 'http', containerPort: 8080, protocol: 'TCP' }]);
    expect(container.args).toContain('--listen=:8080');
  });

  test.each<[string, Values]>([
    ['keys', KEYS],
    ['none', { region: 'cn-hangzhou', credentials: { mode: 'none' } }],
    ['RRSA', { region: 'cn-hangzhou', credentials: { mode: 'rrsa', rrsa: { roleName: 'albsp' } } }],
    ['the role of the node', { region: 'cn-hangzhou', credentials: { mode: 'ecsRamRole' } }],
    ['taking over', { ...KEYS, adoption: false, acceptClusterId: 'old', clusterId: 'new' }],
    ['namespaced', NAMESPACED],
    [
      'read-only, a shard',
      { ...KEYS, readOnly: true, selector: 'shard in (a,b)', network: 'vpc', workers: 4 },
    ],
    ['without an election', { ...KEYS, replicas: 1, leaderElection: { enabled: false } }],
  ])('gives arguments that albsp run takes: %s', async (_, values) => {
    const [command, ...args] = containerOf(await helm().template(values)).args;
    expect(command).toBe('run');
    expect(parseRun(args, {}, false)).toMatchObject({ kind: 'config' });
  });

  test('passes every setting on', async () => {
    const { args } = containerOf(
      await helm().template({
        ...KEYS,
        adoption: false,
        acceptClusterId: 'old',
        readOnly: true,
        selector: 'shard=one',
        endpoints: { alb: 'https://alb.example.com', metadata: 'http://127.0.0.1:8000' },
        extraArgs: ['--log-level=warn'],
      }),
    );
    for (const flag of [
      '--credentials=environment',
      '--region=cn-hangzhou',
      '--adoption=false',
      '--accept-cluster-id=old',
      '--read-only=true',
      '--selector=shard=one',
      '--alb-endpoint=https://alb.example.com',
      '--metadata-endpoint=http://127.0.0.1:8000',
    ])
      expect(args).toContain(flag);
    expect(args.at(-1)).toBe('--log-level=warn');
  });

  test('takes keys from a Secret, and never from values', async () => {
    const values = {
      ...KEYS,
      credentials: { environment: { existingSecret: 'mine', keys: { accessKeyId: 'ak' } } },
    };
    expect(containerOf(await helm().template(values)).env).toEqual([
      { name: 'ALIBABA_CLOUD_ACCESS_KEY_ID', valueFrom: { secretKeyRef: { name: 'mine', key: 'ak' } } },
      {
        name: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
        valueFrom: { secretKeyRef: { name: 'mine', key: 'accessKeySecret' } },
      },
      {
        name: 'ALIBABA_CLOUD_SECURITY_TOKEN',
        valueFrom: { secretKeyRef: { name: 'mine', key: 'securityToken', optional: true } },
      },
    ]);
  });

  test('asks the webhook for a role by a label on the Pods and a name on the ServiceAccount', async () => {
    const rrsa = { mode: 'rrsa', rrsa: { roleName: 'albsp' } };
    const objects = await helm().template({ region: 'cn-hangzhou', credentials: rrsa });
    const { metadata, spec } = objectOf(objects, 'Deployment').spec.template;
    expect(metadata.labels['pod-identity.alibabacloud.com/injection']).toBe('on');
    expect(objectOf(objects, 'ServiceAccount').metadata.annotations).toEqual({
      'pod-identity.alibabacloud.com/role-name': 'albsp',
      'pod-identity.alibabacloud.com/service-account-token-expiration': '3600',
    });
    expect(spec.volumes).toBeUndefined();
    expect(containerOf(objects).env).toBeUndefined();
    expect(containerOf(objects).args).toContain('--credentials=rrsa');
  });

  test('mounts a token for the cloud itself where there is no webhook', async () => {
    const text = await readFile(join(CHART, 'ci', 'rrsa-projected-values.yaml'), 'utf8');
    const objects = await helm().template(parse(text));
    const { volumes } = objectOf(objects, 'Deployment').spec.template.spec;
    const token = { audience: 'sts.aliyuncs.com', expirationSeconds: 3600, path: 'token' };
    expect(volumes).toEqual([
      { name: 'rrsa-token', projected: { sources: [{ serviceAccountToken: token }] } },
    ]);
    const { env, volumeMounts } = containerOf(objects);
    const file = env.find(({ name }: { name: string }) => name === 'ALIBABA_CLOUD_OIDC_TOKEN_FILE').value;
    expect(file).toBe(`${volumeMounts[0].mountPath}/token`);
    expect(env.map(({ name }: { name: string }) => name)).toEqual([
      'ALIBABA_CLOUD_ROLE_ARN',
      'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
      'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
    ]);
  });

  test('has nothing to say of the role of the node but to use it', async () => {
    const container = containerOf(
      await helm().template({ region: 'cn-hangzhou', credentials: { mode: 'ecsRamRole' } }),
    );
    expect(container.env).toBeUndefined();
    expect(container.args).toContain('--credentials=ecs-ram-role');
  });

  test('mounts a token for provider configs with rrsa, where it is told to', async () => {
    const credentials = { mode: 'none', rrsa: { mountToken: true } };
    const objects = await helm().template({ region: 'cn-hangzhou', credentials });
    const file = `${containerOf(objects).volumeMounts[0].mountPath}/token`;
    expect(file).toBe(RRSA_TOKEN_FILE);
    expect(containerOf(objects).env).toBeUndefined();
  });

  test('gives the operator the rights of deploy/rbac.yaml and no others {S9}', async () => {
    const roles = operatorRoles(await helm().template(KEYS));
    expect(roles.map(({ kind }) => kind)).toEqual(['ClusterRole', 'Role']);
    expect(rightsOf(roles)).toEqual(rightsOf(await readRights()));
    const named = roles.flatMap(({ rules }) => (rules as readonly Rule[]).filter((one) => one.resourceNames));
    expect(named.map(({ resources, resourceNames }) => [...resources, ...(resourceNames ?? [])])).toEqual([
      ['namespaces', 'kube-system'],
      ['leases', 'albsp'],
    ]);
  });

  test('gives nothing cluster-wide in namespaced mode', async () => {
    const objects = await helm().template(NAMESPACED);
    expect(objects.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
    const roles = operatorRoles(objects);
    expect(roles.map(({ metadata }) => metadata.namespace).toSorted()).toEqual([
      NAMESPACE,
      'team-a',
      'team-b',
    ]);
    const whole = rightsOf(operatorRoles(await helm().template(KEYS)));
    expect(rightsOf(roles)).toEqual(
      whole.filter((right) => !/namespaces|clusterproviderconfigs/.test(right)),
    );
    const plain = fileURLToPath(new URL('../../deploy/rbac-namespaced.yaml', import.meta.url));
    expect(rightsOf(operatorRoles(await readManifests(plain)))).toEqual(rightsOf(roles));
  });

  test('gives get on Secrets and nothing else, in the namespaces that are named', async () => {
    const secretNamespaces = ['team-a', { namespace: 'team-b', names: ['alicloud'] }];
    const objects = await helm().template({ ...KEYS, secretNamespaces });
    const roles = objects.filter(({ metadata }) => metadata.name === 'albsp-secrets');
    expect(roles.map(({ kind, metadata, rules }) => [kind, metadata.namespace, rules])).toEqual([
      ['Role', 'team-a', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]],
      [
        'Role',
        'team-b',
        [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['alicloud'], verbs: ['get'] }],
      ],
      ['RoleBinding', 'team-a', undefined],
      ['RoleBinding', 'team-b', undefined],
    ]);
  });

  test('installs the definitions as they are, kept at uninstall unless told otherwise', async () => {
    const definitions = (objects: readonly Manifest[]) =>
      objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    const crds = definitions(await helm().template(KEYS));
    expect(crds.map(({ spec }) => spec)).toEqual((await readCrds()).map(({ spec }) => spec));
    for (const { metadata } of crds)
      expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    const loose = definitions(await helm().template({ ...KEYS, crds: { keep: false } }));
    expect(loose.map(({ metadata }) => metadata.annotations)).toEqual([undefined, undefined, undefined]);
    expect(definitions(await helm().template({ ...KEYS, crds: { enabled: false } }))).toEqual([]);
  });

  test('renders every option at once, and each object carries the common labels', async () => {
    const text = await readFile(join(CHART, 'ci', 'everything-values.yaml'), 'utf8');
    const objects = await helm().template(parse(text));
    const extra = ['albsp-extra', 'albsp-text'];
    for (const { kind, metadata } of objects.filter((one) => !extra.includes(one.metadata.name)))
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({ team: 'platform' });
    expect(extra.map((name) => objectOf(objects, 'ConfigMap', name).kind)).toHaveLength(2);
    expect(containerOf(objects).image).toBe(`registry.example.com/albsp@sha256:${'0'.repeat(64)}`);
    const { spec } = objectOf(objects, 'Deployment').spec.template;
    expect(spec.priorityClassName).toBe('system-cluster-critical');
    expect(spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
    expect(spec.volumes).toEqual([{ name: 'ca', configMap: { name: 'extra-ca' } }]);
    expect(objectOf(objects, 'ServiceMonitor').metadata.labels?.release).toBe('prometheus');
  });

  test('lets in only health and metrics, and out only names and HTTPS {S13}', async () => {
    const policy = objectOf(
      await helm().template({ ...KEYS, networkPolicy: { enabled: true } }),
      'NetworkPolicy',
    );
    expect(policy.spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(policy.spec.ingress).toEqual([{ ports: [{ port: 8080, protocol: 'TCP' }] }]);
    const ports = policy.spec.egress.flatMap((rule: { ports: readonly { port: number }[] }) =>
      rule.ports.map(({ port }) => port),
    );
    expect(ports).toEqual([53, 53, 443, 6443]);
  });

  test.each<[string, Values, RegExp]>([
    ['a typo at the top', { ...KEYS, regoin: 'cn-hangzhou' }, /'regoin'/],
    ['a typo below', { ...KEYS, log: { levl: 'info' } }, /'levl'/],
    [
      'a key in values',
      { ...KEYS, credentials: { environment: { accessKeySecret: 'x' } } },
      /'accessKeySecret'/,
    ],
    ['no Secret for mode environment', { region: 'cn-hangzhou' }, /environment\/existingSecret/],
    ['no role for mode rrsa', { ...KEYS, credentials: { mode: 'rrsa' } }, /rrsa\/roleName/],
    [
      'no provider for a projected token',
      {
        ...KEYS,
        credentials: { mode: 'rrsa', rrsa: { tokenSource: 'projected', roleArn: 'acs:ram::1:role/a' } },
      },
      /rrsa\/oidcProviderArn/,
    ],
    ['an unknown mode', { ...KEYS, credentials: { mode: 'sts' } }, /credentials\/mode/],
    ['no region', { credentials: { mode: 'none' } }, /"region" is missing/],
    ['a region that is none', { ...KEYS, region: 'cn-hangzhou@evil' }, /region/],
    ['http to another machine', { ...KEYS, endpoints: { alb: 'http://alb.example.com' } }, /endpoints\/alb/],
    [
      'watched namespaces without a cluster id',
      { ...KEYS, watchNamespaces: ['a'] },
      /"clusterId" is missing/,
    ],
    ['two replicas without an election', { ...KEYS, leaderElection: { enabled: false } }, /"replicas" is 2/],
    ['a digest that is none', { ...KEYS, image: { digest: 'latest' } }, /image\/digest/],
  ])('refuses %s by its name', async (_, values, says) => {
    const { code, stderr } = await helm().run(['template', 'albsp', CHART], values);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(says);
  });

  test('takes what a parent chart adds', async () => {
    expect(await helm().template({ ...KEYS, global: { anything: 1 }, enabled: true })).not.toEqual([]);
  });

  test('tests a release with albsp doctor, told what the operator is told', async () => {
    const objects = await helm().template(KEYS);
    const pod = objectOf(objects, 'Pod');
    expect(pod.metadata.annotations?.['helm.sh/hook']).toBe('test');
    const [command, ...flags] = pod.spec.containers[0].args;
    expect(command).toBe('doctor');
    expect(flags).toContain('--lease-name=albsp');
    expect(containerOf(objects).args).toEqual(expect.arrayContaining(flags));
    expect(pod.spec.containers[0].env).toEqual(containerOf(objects).env);
    expect(pod.spec.serviceAccountName).toBe(
      objectOf(objects, 'Deployment').spec.template.spec.serviceAccountName,
    );
  });
});
