/** docs/adoption.md, followed word for word: its files are applied and its commands typed, on a real API server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import { openShared } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { Page, type } from '../environment/page.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const BY_HAND = {
  name: 'by-hand',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['AES128-SHA'],
  tags: { team: 'shop' },
};
/** The id that the page has, in the place of the reader's own. */
const EXAMPLE = /spy-n0kn923xxxx/g;
const WITHIN_MS = 15_000;

/** A reader of the page who has a policy that was made by hand. */
class Reader {
  readonly world: World;
  readonly id: string;
  readonly #page: Page;
  readonly #folder: string;

  private constructor(world: World, page: Page, folder: string) {
    this.world = world;
    this.id = world.alb.console.create(PLACE, BY_HAND);
    this.#page = page;
    this.#folder = folder;
  }

  static async open(): Promise<Reader> {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-adoption-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const world = await World.open('real API server', openShared(), {});
    await world.startOperator();
    return new Reader(world, await Page.read('adoption.md'), folder);
  }

  /** Saves the manifest of a section under its name, and types its commands; what each block printed. */
  async follow(section: string): Promise<readonly string[]> {
    for (const manifest of this.#page.blocks(section, 'yaml')) {
      const [, name] = /^ {2}name: (\S+)$/m.exec(manifest) ?? [];
      await writeFile(join(this.#folder, `${name}.yaml`), manifest.replace(EXAMPLE, this.id));
    }
    const printed: string[] = [];
    for (const block of this.#page.blocks(section, 'sh')) {
      const script = block
        .replace(/^kubectl /gm, `kubectl --namespace=${this.world.namespace} `)
        .replace(/ -f /g, ` -f ${this.#folder}/`);
      printed.push(await type(script, this.world.cluster.adminKubeconfig));
    }
    return printed;
  }

  get policy() {
    return this.world.alb.model.live().find(({ id }) => id === this.id);
  }

  /** Calls that could change something in the cloud. */
  get writes(): readonly string[] {
    const actions = this.world.alb.ledger.entries().map(({ action }) => action);
    return actions.filter((action) => !/^(List|Get)/.test(action));
  }
}

describeReal('docs/adoption.md', () => {
  test('leads a policy that was made by hand through its four steps, word for word', async () => {
    const reader = await Reader.open();
    const { id } = reader;
    const [observed, drift] = await reader.follow('1. Observe');
    expect(observed).toContain('"name":"by-hand"');
    expect(drift).toContain('"field":"ciphers"');
    expect(reader.writes).toEqual([]);

    const [verdict] = await reader.follow('2. Ask before doing');
    expect(verdict).toContain('PrecheckPassed');
    expect(reader.policy).toMatchObject(BY_HAND);
    expect(await reader.world.admin.list('SecurityPolicy', reader.world.namespace)).toHaveLength(1);

    const [binding] = await reader.follow('3. Adopt');
    expect(binding?.endsWith('Adopted')).toBe(true);
    const { metadata } = await reader.world.get('storefront');
    expect(reader.policy).toMatchObject({
      id,
      name: 'storefront',
      ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
      tags: { team: 'shop', [OWNER_TAGS.uid]: metadata.uid },
    });

    await reader.follow('4. Choose what a deletion does');
    await reader.world.delete('storefront');
    await reader.world.whenGone('storefront', WITHIN_MS);
    expect(reader.policy).toBeUndefined();
  });

  test('says what a deletion does before the last step: the policy stays without our tags, to be adopted again', async () => {
    const reader = await Reader.open();
    for (const section of ['1. Observe', '3. Adopt']) await reader.follow(section);
    await reader.world.delete('storefront');
    await reader.world.whenGone('storefront', WITHIN_MS);
    expect(reader.policy?.tags).toEqual({ team: 'shop' });
    for (const section of ['1. Observe', '3. Adopt']) await reader.follow(section);
    await eventually(async () => expect(reader.policy?.tags).toHaveProperty([OWNER_TAGS.uid]), {
      within: WITHIN_MS,
    });
  });

  test('has no block that is neither applied nor typed', async () => {
    const page = await Page.read('adoption.md');
    const sections = ['1. Observe', '2. Ask before doing', '3. Adopt', '4. Choose what a deletion does'];
    const blocks = sections.flatMap((one) => [...page.blocks(one, 'yaml'), ...page.blocks(one, 'sh')]);
    expect(blocks).toHaveLength(page.fences);
  });
});
