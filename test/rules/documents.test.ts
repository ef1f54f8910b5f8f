/** What the documents say is what the program does. */
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProviderConfig } from '../../src/api/providerconfig.ts';
import { nextConfigStatus } from '../../src/domain/configstatus.ts';
import { REASONS } from '../../src/domain/reason.ts';
import { nextStatus } from '../../src/domain/status.ts';
import type { Account, CloudResult } from '../../src/ports/cloud.ts';
import { firstCells, readPages, section } from './documents.ts';
import { OBJECTS, OUTCOMES } from './outcomes.ts';
import { readSources } from './sources.ts';

const pages = await readPages();
const sources = await readSources();

function page(path: string): string {
  return pages.find((one) => one.path === path)?.text ?? '';
}

/** Every condition that any outcome of a pass puts into the status of any object. */
const produced = OBJECTS.flatMap((object) =>
  OUTCOMES.flatMap((outcome) => nextStatus(object, outcome, 0).conditions ?? []),
);
/** Reasons of events that are not conditions: published in place. */
const published = sources
  .filter(({ path }) => path.startsWith('src/reconcile/'))
  .flatMap(({ text }) => [...text.matchAll(/^\s*reason: '(\w+)',$/gm)].map(([, reason = '']) => reason));

const CONFIG: ProviderConfig = {
  apiVersion: 'alb.alicloud.dev/v1alpha1',
  kind: 'ProviderConfig',
  metadata: { name: 'own', namespace: 'team', uid: 'uid', resourceVersion: '1', generation: 1 },
  spec: { secretRef: { name: 'keys' } },
};
/** What sts:GetCallerIdentity, or the way to its keys, can come to. */
const ACCOUNTS: readonly CloudResult<Pick<Account, 'accountId' | 'arn'>>[] = [
  { kind: 'ok', value: { accountId: '1', arn: 'arn' } },
  ...(
    [
      ['credentials', 'InvalidAccessKeyId.NotFound'],
      ['credentials', 'SecretNotFound'],
      ['credentials', 'SecretKeyMissing'],
      ['credentials', 'TokenExchangeFailed'],
      ['denied', 'Forbidden.RAM'],
      ['refused', 'InvalidEndpoint'],
      ['throttled', 'Throttling.User'],
      ['busy', 'SystemBusy'],
      ['indeterminate', 'Timeout'],
    ] as const
  ).map(([kind, code]) => ({ kind: 'error', error: { kind, code, message: 'Text' } }) as const),
];

describe('docs/conditions.md', () => {
  test('explains every reason of src/domain/reason.ts once, and no other', () => {
    const explained = firstCells(section(page('docs/conditions.md'), 'Reasons'));
    expect([...explained].sort()).toEqual([...REASONS].sort());
  });

  test('no reason is one that nothing produces, and nothing produces an unknown one', () => {
    const reasons = new Set([...produced.map(({ reason }) => reason), ...published]);
    expect([...reasons].sort()).toEqual([...REASONS].sort());
  });

  test('explains every type of condition once, and no other', () => {
    const explained = firstCells(section(page('docs/conditions.md'), 'Types'));
    const types = new Set(produced.map(({ type }) => type));
    expect([...explained].sort()).toEqual([...types].sort());
  });

  test('names under each reason the types that carry it', () => {
    const rows = section(page('docs/conditions.md'), 'Reasons').matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm);
    const said = [...rows].map(([, reason, types = '']) => `${reason}: ${words(types).sort().join()}`);
    const carried = REASONS.map((reason) => {
      const types = new Set(produced.filter((one) => one.reason === reason).map(({ type }) => type));
      return `${reason}: ${[...types].sort().join()}`;
    });
    expect(said.sort()).toEqual(carried.sort());
  });

  test('says of provider configs when they are Stalled, and every reason that they can have', () => {
    const rows = section(page('docs/conditions.md'), 'Provider configs').matchAll(
      /^\| `(\w+)` \| `?(\w+)`? \| ([^|]*) \|$/gm,
    );
    const said = [...rows].flatMap(([, ready, stalled, reasons = '']) =>
      words(reasons).map((reason) => `${reason}: ${ready} ${stalled}`),
    );
    const carried = ACCOUNTS.map((account) => {
      const config = { kind: 'ProviderConfig', object: CONFIG } as const;
      const [ready, stalled] = nextConfigStatus(config, account, 0).conditions ?? [];
      return `${ready?.reason}: ${ready?.status} ${stalled?.status ?? 'absent'}`;
    });
    expect(said.sort()).toEqual([...new Set(carried)].sort());
  });

  function words(text: string): string[] {
    return [...text.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
  }
});

describe('links and paths', () => {
  test('every file that a document links to exists', async () => {
    const broken: string[] = [];
    let seen = 0;
    for (const { path, text } of pages) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        seen += 1;
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? path : join(dirname(path), file);
        if (!(await exists(linked))) broken.push(`${path}: ${target}`);
        else if (anchor !== undefined && !anchors(page(linked)).includes(anchor))
          broken.push(`${path}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
    expect(seen).toBeGreaterThan(20);
  });

  test('every path of the repository that a document names exists', async () => {
    const missing: string[] = [];
    let seen = 0;
    for (const { path, text } of pages) {
      // It shows where a test of each kind goes, also where there is none yet.
      if (path === 'CONTRIBUTING.md') continue;
      for (const [, target = ''] of text.matchAll(
        /`((?:src|test|docs|scripts|deploy|crds)\/[\w./-]*?)(?:\.)?`/g,
      )) {
        seen += 1;
        if (!(await exists(target))) missing.push(`${path}: ${target}`);
      }
    }
    expect(missing).toEqual([]);
    expect(seen).toBeGreaterThan(30);
  });

  test('each decision has a number of its own, a status, a context, a decision and what was rejected', () => {
    const records = pages.filter(({ path }) => path.startsWith('docs/adr/'));
    for (const [index, { path, text }] of records.entries()) {
      expect(path).toContain(`/${String(index + 1).padStart(4, '0')}-`);
      expect(text, path).toMatch(new RegExp(`^# ${index + 1}\\. \\S.*\\n\\nStatus: (accepted|superseded)`));
      for (const title of ['Context', 'Decision', 'Rejected', 'Consequences'])
        expect(section(text, title).trim(), `${path} lacks "${title}"`).not.toBe('');
      expect(page('docs/architecture.md'), `docs/architecture.md links ${path}`).toContain(
        path.slice('docs/'.length),
      );
    }
    expect(records.length).toBeGreaterThan(7);
  });

  test('every runtime dependency is defended in the decision on dependencies, with its name', async () => {
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
    const record = pages.find(({ path }) => path.endsWith('-runtime-dependencies.md'));
    expect([...firstCells(record?.text ?? '')].sort()).toEqual(Object.keys(dependencies).sort());
  });
});

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The anchors that GitHub gives to the headings of a page. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
