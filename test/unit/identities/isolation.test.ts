import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answerInCopy, planted } from '../reconcile/planted/copy.ts';
import { WITNESSES } from './planted/witnesses.ts';

const FOLDER = 'test/unit/identities';

/** One bug, planted by replacing a text that stands exactly once in one file. */
interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly by: keyof typeof WITNESSES;
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a snapshot is shared across identities',
    file: 'src/adapters/alb/cloud.ts',
    from: 'return mine.regions;',
    to: 'return ((globalThis as any).shared ??= mine.regions);',
    by: 'snapshots',
  },
  {
    name: 'the cloud of a config outlives its change',
    file: 'src/adapters/identities.ts',
    from: 'if (known?.uid === uid && known.generation === generation) {',
    to: 'if (known !== undefined) {',
    by: 'changes',
  },
  {
    name: 'a missing Secret falls through to the role of the node',
    file: 'src/adapters/alb/credentials/factory.ts',
    from: 'return secretCredentials({ secret: source.secret, keys: source.keys, readSecret, clock, log });',
    to: `const first = secretCredentials({ secret: source.secret, keys: source.keys, readSecret, clock, log });
      const node = ecsRamRoleCredentials({ ...dependencies, endpoint: dependencies.metadataEndpoint });
      return {
        current: async () => {
          const keys = await first.current();
          return keys.kind === 'ok' ? keys : node.current();
        },
        refused: () => {},
      };`,
    by: 'providers',
  },
  {
    name: 'a config without credentials falls through to the environment',
    file: 'src/adapters/identities.ts',
    from: "environment === undefined ? { kind: 'none' } : { kind: 'environment' }",
    to: "environment === undefined ? { kind: 'environment' } : { kind: 'environment' }",
    by: 'providers',
  },
  {
    name: 'a Secret is read across namespaces',
    file: 'src/adapters/identities.ts',
    from: 'const secret = { namespace: metadata.namespace, name };',
    to: "const secret = { namespace: 'team-b', name };",
    by: 'secrets',
  },
  {
    name: 'a config is found across namespaces',
    file: 'src/domain/providerconfig.ts',
    from: 'const object = views.providerConfig(namespace, ref.name);',
    to: "const object = views.providerConfig(namespace, ref.name) ?? views.providerConfig('team-a', ref.name);",
    by: 'secrets',
  },
  {
    name: 'allowedNamespaces is ignored',
    file: 'src/domain/providerconfig.ts',
    from: 'return allows(object, namespace, views)',
    to: 'return allows(object, namespace, views) || object.spec !== undefined',
    by: 'namespaces',
  },
];

/** What a witness says of a copy of the project with this bug in it. */
function outcomeOf({ name, file, from, to, by }: Mutation): Promise<readonly string[]> {
  return answerInCopy([FOLDER], join(FOLDER, 'planted/worker.ts'), by, async (root) => {
    const path = join(root, file);
    const bug = planted(new Map([[path, await readFile(path, 'utf8')]]), { name, from, to });
    await writeFile(path, bug.source);
  });
}

describe('between identities', () => {
  test('what one has listed is never shown to another (I3)', async () => {
    expect(await WITNESSES.snapshots()).toEqual([]);
  });
  test('a config works with what it says now, and with nothing that it said before (S6, E9)', async () => {
    expect(await WITNESSES.changes()).toEqual([]);
  });
  test('no provider falls through to another, of the process or of the node (A13)', async () => {
    expect(await WITNESSES.providers()).toEqual([]);
  });
  test('a Secret is read from the namespace of its config and for nobody else (S1)', async () => {
    expect(await WITNESSES.secrets()).toEqual([]);
  });
  test('a namespace that is not allowed reads nothing (S1)', async () => {
    expect(await WITNESSES.namespaces()).toEqual([]);
  });
});

describe('a witness turns red', () => {
  test.each(MUTATIONS.map((mutation) => [mutation.name, mutation.by, mutation] as const))(
    'when %s: %s',
    async (_name, _by, mutation) => {
      expect(await outcomeOf(mutation)).not.toEqual([]);
    },
  );
});
