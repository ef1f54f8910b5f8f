/**
 * docs/listeners.md, its commands followed word for word on a real API server. The definition of AlbConfig is a stand-in for
 * Alibaba's, and the test does what its ALB Ingress controller would: it gives the id of each listener to the stand-in cloud.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from '../environment/admin.ts';
import { openOwn } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { describeHelmsOnReal } from '../environment/helm.ts';
import { openShell, type Shell, stepsOf } from '../environment/shell.ts';
import { describeReal } from '../environment/tiers.ts';
import { REGION, World } from '../environment/world.ts';
import { fenced, section } from '../rules/documents.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WITHIN_MS = 30_000;
const PLACE = { account: '1000000000000001', region: REGION };
/** One of ALB's own policies; the page starts and ends with it. */
const OWN_OF_ALB = 'tls_cipher_policy_1_2_strict_with_1_3';
const page = await readFile(join(ROOT, 'docs', 'listeners.md'), 'utf8');

/** A stand-in for Alibaba's definition: cluster-wide, and without a schema, as clusters are known to have it. */
const ALBCONFIGS: Manifest = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'albconfigs.alibabacloud.com' },
  spec: {
    group: 'alibabacloud.com',
    scope: 'Cluster',
    names: { kind: 'AlbConfig', listKind: 'AlbConfigList', plural: 'albconfigs', singular: 'albconfig' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

interface Listener {
  readonly port: number;
  readonly protocol: string;
  readonly securityPolicyId?: string;
}

/** Somebody who follows the page, with an operator that works in their namespace. */
class Reader {
  readonly world: World;
  readonly shell: Shell;

  private constructor(world: World, shell: Shell) {
    this.world = world;
    this.shell = shell;
  }

  static async open(helm?: Parameters<typeof openShell>[1]): Promise<Reader> {
    const world = await World.open('real API server', await openOwn(), {});
    await world.admin.create(ALBCONFIGS);
    await world.startOperator({ flags: { namespace: 'default' } });
    const reader = new Reader(world, await openShell(world, helm));
    const served = () => reader.type('kubectl get albconfig');
    await eventually(served, { within: WITHIN_MS, what: 'The stand-in definition' });
    return reader;
  }

  /** Standard output of a script that must succeed. */
  async type(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.shell.run(script);
    expect(code, `${script}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  /** Follows a section; what its last block printed. */
  async follow(title: string): Promise<string> {
    let said = '';
    for (const step of stepsOf(page, title)) {
      switch (step.kind) {
        case 'run':
          said = await this.type(step.script);
          break;
        case 'mark':
          expect(step.text).toBe('the ALB Ingress controller passes it on');
          await this.passOn('alb');
      }
    }
    return said;
  }

  async listeners(name: string): Promise<readonly Listener[]> {
    const albConfig: Manifest = JSON.parse(await this.type(`kubectl get albconfig ${name} -o json`));
    return albConfig.spec.listeners;
  }

  /** Which policy the listener of port 443 names. */
  async named(name: string): Promise<string | undefined> {
    return (await this.listeners(name)).find(({ port }) => port === 443)?.securityPolicyId;
  }

  async idOf(name: string): Promise<string> {
    return this.type(`kubectl get albsp ${name} -o jsonpath='{.status.securityPolicyId}'`);
  }

  /** What Alibaba's controller does: each HTTPS listener uses the policy that it names, and no other. */
  async passOn(name: string): Promise<void> {
    const { console, model } = this.world.alb;
    for (const { id } of model.live()) console.detach(PLACE, id);
    for (const { port, protocol, securityPolicyId } of await this.listeners(name)) {
      if (protocol !== 'HTTPS' || securityPolicyId === undefined) continue;
      const listener = { loadBalancerId: `alb-${name}`, listenerId: `lsn-${port}`, port, protocol };
      console.attach(PLACE, securityPolicyId, listener);
    }
  }
}

/** An AlbConfig as it is before anybody follows the page: its listener uses one of ALB's own policies. */
const BEFORE = 'kubectl apply --server-side -k deploy/listeners/kustomize';

describeReal('docs/listeners.md', () => {
  test('kubectl: the id arrives at the listener of port 443, an edit needs no second step, and the order to delete in works', async () => {
    const reader = await Reader.open();
    const { world } = reader;
    await reader.type(BEFORE);
    expect(await reader.named('alb')).toBe(OWN_OF_ALB);
    await reader.follow('What to know first');
    const id = await reader.idOf('web');
    const [before] = await reader.listeners('alb');

    expect(await reader.follow('kubectl')).toBe(`80 \n443 ${id}\n`);
    expect((await reader.listeners('alb'))[0]).toEqual(before);
    await reader.passOn('alb');

    const stored = await reader.type('kubectl get albconfig alb -o jsonpath={.metadata.resourceVersion}');
    await reader.follow('What an edit does to live listeners');
    expect(await reader.idOf('web')).toBe(id);
    expect(world.alb.model.live()).toMatchObject([
      { id, ciphers: expect.arrayContaining(['ECDHE-RSA-AES256-GCM-SHA384']) },
    ]);
    expect(await reader.type('kubectl get albconfig alb -o jsonpath={.metadata.resourceVersion}')).toBe(
      stored,
    );

    await reader.follow('The order to delete in');
    expect(await reader.named('alb')).toBe(OWN_OF_ALB);
    expect(world.alb.model.live()).toEqual([]);
  });

  test('kubectl: nothing is patched when there is no id yet, or another listener stands there', async () => {
    const reader = await Reader.open();
    await reader.type(BEFORE);
    const [script = ''] = stepsOf(page, 'kubectl').flatMap((step) =>
      step.kind === 'run' ? [step.script] : [],
    );
    await reader.type(
      `kubectl create -f deploy/samples/minimal.yaml --dry-run=client -o yaml |
        kubectl annotate --local -f - alb.alicloud.dev/paused=true -o yaml |
        sed 's/name: minimal/name: web/' | kubectl create -f -`,
    );
    const early = await reader.shell.run(script);
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('web has no id yet') });

    await reader.type('kubectl annotate albsp web alb.alicloud.dev/paused-');
    await reader.type('kubectl wait --for=condition=Ready --timeout=30s albsp/web');
    await reader.type(`kubectl patch albconfig alb --type=json \
      --patch '[{"op": "add", "path": "/spec/listeners/0", "value": {"port": 8080, "protocol": "HTTP"}}]'`);
    const before = await reader.listeners('alb');
    const late = await reader.shell.run(script);
    expect(late.code).not.toBe(0);
    expect(late.stderr).toContain('The request is invalid');
    expect(await reader.listeners('alb')).toEqual(before);
  });

  test('a policy that is deleted first waits, names its listener, and goes when that has another policy', async () => {
    const reader = await Reader.open();
    await reader.type(BEFORE);
    await reader.follow('What to know first');
    await reader.follow('kubectl');
    await reader.passOn('alb');
    const [block] = stepsOf(page, 'When the policy was deleted first');
    expect(await reader.type(block?.kind === 'run' ? block.script : '')).toMatch(/^alb-alb 443$/m);
    expect(reader.world.alb.model.live()).toHaveLength(1);
    await reader.type('kubectl get albsp web');
    // The same blocks again, to the end: the first one changes nothing more.
    await reader.follow('When the policy was deleted first');
    expect(reader.world.alb.model.live()).toEqual([]);
  });

  test('Kustomize and Flux: the command writes the id where each takes it from, and until then ALB has one of its own', async () => {
    const reader = await Reader.open();
    await reader.follow('What to know first');
    const id = await reader.idOf('web');

    await reader.type(BEFORE);
    expect(await reader.named('alb')).toBe(OWN_OF_ALB);
    await reader.follow('Kustomize');
    expect(await reader.named('alb')).toBe(id);
    // The file of the id is not applied itself.
    expect(await reader.type('kubectl get configmap web-tls --ignore-not-found')).toBe('');
    await reader.type(`sed -i 's/port: 443/port: 8443/' deploy/listeners/kustomize/albconfig.yaml`);
    const elsewhere = await reader.shell.run('kubectl kustomize deploy/listeners/kustomize');
    expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('unable to find field') });

    await reader.type('kubectl create namespace flux-system');
    const { postBuild } = parse(fenced(yamlOf('Flux'))).spec;
    expect(await applied(reader, postBuild)).toBe(OWN_OF_ALB);
    await reader.follow('Flux');
    expect(await applied(reader, postBuild)).toBe(id);
  });

  test('no block of the page is left out here, and none is marked as not run', () => {
    const titles = ['What to know first', 'kubectl', 'Helm', 'Kustomize', 'Flux'];
    const rest = [
      'What an edit does to live listeners',
      'The order to delete in',
      'When the policy was deleted first',
    ];
    const steps = [...titles, ...rest].flatMap((title) => stepsOf(page, title));
    expect(steps.filter(({ kind }) => kind === 'run')).toHaveLength(page.match(/^```sh$/gm)?.length ?? 0);
    expect(page).not.toContain('<!-- needs');
  });
});

describeHelmsOnReal('docs/listeners.md', (version) => {
  test('Helm: the listener never lacks a policy, and gets the id with the second upgrade', async () => {
    const reader = await Reader.open(version);
    const [block] = stepsOf(page, 'Helm');
    const lines = block?.kind === 'run' ? block.script.split(/(?<!\\)\n/) : [];
    const upgrade = lines.findIndex((line) => line.startsWith('helm upgrade'));
    expect(upgrade).toBeGreaterThan(0);
    await reader.type(lines.slice(0, upgrade).join('\n'));
    expect(await reader.named('shop')).toBe(OWN_OF_ALB);
    await reader.type(lines.slice(upgrade).join('\n'));
    const id = await reader.idOf('shop');
    expect(await reader.named('shop')).toBe(id);

    // Without a cluster to look into, as Argo CD renders it.
    const values = '--set albConfig.enabled=true --set albConfig.certificateId=1';
    const rendered = await reader.type(`helm template shop deploy/charts/example-app ${values}`);
    expect(rendered).toContain(`securityPolicyId: "${OWN_OF_ALB}"`);
    const bare = await reader.shell.run(
      `helm template shop deploy/charts/example-app ${values} --set albConfig.policyUntilThen=`,
    );
    expect(bare).toMatchObject({ code: 1, stderr: expect.stringContaining('policyUntilThen is empty') });

    await reader.passOn('shop');
    await reader.type('helm uninstall shop');
    await reader.type('kubectl wait --for=condition=DeletionBlocked --timeout=30s albsp/shop');
    reader.world.alb.console.detach(PLACE, id);
    await reader.type('kubectl wait --for=delete --timeout=30s albsp/shop');
    expect(reader.world.alb.model.live()).toEqual([]);
  });
});

/** The YAML block of a section, fence included. */
function yamlOf(title: string): string {
  return /^```yaml\n[\s\S]*?^```$/m.exec(section(page, title))?.[0] ?? '';
}

/** What a Kustomization of Flux says of its variables. */
interface PostBuild {
  readonly substituteFrom: readonly {
    readonly kind: string;
    readonly name: string;
    readonly optional: boolean;
  }[];
}

/** What Flux would apply for the listener of port 443: a stand-in for its substitution, which knows `${NAME:=default}`. */
async function applied({ world, shell }: Reader, { substituteFrom }: PostBuild): Promise<string | undefined> {
  const found = await Promise.all(
    substituteFrom.map(({ kind, name }) => world.admin.find({ kind, name, namespace: 'flux-system' })),
  );
  expect(substituteFrom.map(({ optional }) => optional)).toEqual([true]);
  const values = new Map(found.flatMap((one) => Object.entries<string>(one?.data ?? {})));
  const text = await readFile(join(shell.folder, 'deploy/listeners/flux/albconfig.yaml'), 'utf8');
  const whole = text.replace(/\$\{(\w+):=(\w+)\}/g, (_, name, fallback) => values.get(name) ?? fallback);
  const { spec }: Manifest = parse(whole);
  return spec.listeners.find(({ port }: Listener) => port === 443)?.securityPolicyId;
}
