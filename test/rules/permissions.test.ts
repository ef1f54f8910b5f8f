/** The rights that README.md asks the reader to grant in the cloud are those that the program uses. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { RIGHTS } from '../../src/cli/doctor/rights.ts';
import { readSources, withoutComments } from './sources.ts';

/** A call of the ALB API in the adapter: `get`, `set` and `setTags` take the action first. */
const CALL = /\b(?:get|set|setTags)\(\s*'([A-Z]\w+)'/g;

test('the RAM policy in README.md allows exactly the actions that the adapter calls', async () => {
  const adapters = (await readSources()).filter(({ path }) => path.startsWith('src/adapters/alb/'));
  const called = adapters.flatMap(({ text }) =>
    [...withoutComments(text).matchAll(CALL)].map(([, action]) => `alb:${action}`),
  );
  // Those that are called under a name are none: a call by variable would be missed here.
  const others = adapters.flatMap(({ text }) =>
    [...withoutComments(text).matchAll(/\b(?:get|set)\(\s*([a-z]\w*),/g)].map(([, name]) => name),
  );
  expect(others.filter((name) => name === 'action')).toHaveLength(1);
  const readme = await readFile('README.md', 'utf8');
  const allowed = readme.match(/"alb:\w+"/g)?.map((word) => word.slice(1, -1)) ?? [];
  expect(allowed).toEqual([...new Set(called)].toSorted());
  expect(allowed.length).toBeGreaterThan(5);
});

test('deploy/ram/operator.json is the policy in README.md, and read-only.json what of it reads', async () => {
  const readme = await readFile('README.md', 'utf8');
  const operator = await readFile('deploy/ram/operator.json', 'utf8');
  expect(readme).toContain(operator.trim());
  const readOnly = JSON.parse(await readFile('deploy/ram/read-only.json', 'utf8'));
  const { Statement, ...rest } = JSON.parse(operator);
  const actions: readonly string[] = Statement[0].Action;
  const reads = actions.filter((action) => action.startsWith('alb:List'));
  expect(readOnly).toEqual({ ...rest, Statement: [{ ...Statement[0], Action: reads }] });
  expect(reads).toEqual(['alb:ListSecurityPolicies', 'alb:ListSecurityPolicyRelations']);
});

test('albsp doctor asks for exactly the rights that deploy/rbac.yaml grants', async () => {
  const documents = parseAllDocuments(await readFile('deploy/rbac.yaml', 'utf8'));
  const rules: readonly Rule[] = documents.flatMap((document) => document.toJS().rules ?? []);
  const granted = rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name}`)),
      ),
    ),
  );
  const asked = RIGHTS.flatMap(({ group, resource, name = '', verbs }) =>
    verbs.map((verb) => `${verb} ${group}/${resource} ${name}`),
  );
  expect(asked.toSorted()).toEqual(granted.toSorted());
  expect(asked.length).toBeGreaterThan(10);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
