import type { ADOPTIONS } from './adoptions.ts';
import type { CROWDS } from './crowds.ts';
import type { INTERLEAVINGS } from './interleavings.ts';

/** One bug, planted by replacing a text that stands exactly once in the domain and the pass. */
export interface Mutation {
  readonly name: string;
  /** The rule of the protocol that it breaks. */
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  /** What finds it: a named interleaving, or random schedules. */
  readonly by: keyof typeof INTERLEAVINGS | keyof typeof ADOPTIONS | keyof typeof CROWDS | 'schedules';
  /** The oracle that must turn red. */
  readonly oracle: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the announce is not written',
    rule: '1 announce before create',
    from: "const write = await this.#recorder.write({\n      kind: 'announced',\n      target: step.target,\n      pending: step.pending,\n    });",
    to: `const announced = nextStatus(this.#policy, { kind: 'announced', target: step.target, pending: step.pending }, this.#shop.clock.now());
    const write: WriteResult = { kind: 'ok', object: { ...this.#policy, status: announced } };`,
    by: 'I18',
    oracle: 'O5',
  },
  {
    name: 'the account of the credentials is not compared',
    rule: '1 to the announced target only',
    from: 'if (expected.accountId !== actual.accountId) {',
    to: 'if (expected.accountId === "") {',
    by: 'I1',
    oracle: 'O1',
  },
  {
    name: 'each send has another token',
    rule: '2 one token an attempt',
    from: 'await region.create(pending.parameters, pending.clientToken)',
    to: "await region.create(pending.parameters, 'mutant-' + String(clock.monotonic()))",
    by: 'schedules',
    oracle: 'O1',
  },
  {
    name: 'a refusal of an ambiguous token is final',
    rule: '3 a refusal is final only if unambiguous',
    from: 'if (!ambiguous || sinceSend >= window) return',
    to: 'if (ambiguous || !ambiguous) return',
    by: 'I8',
    oracle: 'O1',
  },
  {
    name: 'a denial of an ambiguous token is final',
    rule: '3 a refusal is final only if unambiguous',
    from: 'if (!ambiguous || sinceSend >= window) return',
    to: 'if (ambiguous || !ambiguous) return',
    by: 'I8denied',
    oracle: 'O1',
  },
  {
    name: 'a poisoned announce is replayed for ever',
    rule: '3 ten ambiguous answers or ten minutes',
    from: 'const worn = announcedFor >= ANNOUNCE_LIFETIME || (token?.ambiguous ?? 0) >= AMBIGUOUS_SENDS;',
    to: 'const worn = false;',
    by: 'I12',
    oracle: 'O4',
  },
  {
    name: 'a list proves absence although the id exists',
    rule: '4 a list never proves absence',
    from: "return { kind: 'recordLoss', id };\n    case 'exists':\n      return { kind: 'halt', why: { kind: 'notListed', id } };",
    to: "return { kind: 'recordLoss', id };\n    case 'exists':\n      return { kind: 'recordLoss', id };",
    by: 'I2',
    oracle: 'O1',
  },
  {
    name: 'the id in status is not asked for before a loss',
    rule: '4 lost only from a 404 of that id',
    from: "if (relations.kind === 'ok') return 'exists';",
    to: "if (relations.kind === 'ok') return 'absent';",
    by: 'I2',
    oracle: 'O5',
  },
  {
    name: 'a replay is sent without a search',
    rule: '5 search before every replay',
    from: "if (found !== undefined) return { kind: 'bind', policy: found, binding: 'Created' };",
    to: '',
    by: 'I17',
    oracle: 'O1',
  },
  {
    name: 'an untagged policy of the announced name is nobody',
    rule: '5 tags may come late',
    from: "if (twins.some((seen) => fresh || isNew(seen, now, window))) return { kind: 'await' };",
    to: '',
    by: 'I13',
    oracle: 'O1',
  },
  {
    name: 'deleting forgets the announced create',
    rule: '1 replayed also while deleting',
    from: 'if (status.pendingCreate !== undefined) {\n    return resolveCreate',
    to: 'if (status.pendingCreate !== undefined && !deleting) {\n    return resolveCreate',
    by: 'schedules',
    oracle: 'O5',
  },
  {
    name: 'an answered create is Ready without a sighting',
    rule: '6 Ready needs a sighting',
    from: 'const outcome = seen === undefined ? undefined : this.#settledOutcome(bound, seen, target);',
    to: `const wanted = this.#policy.status?.pendingCreate?.parameters;
    const tags = Object.fromEntries((wanted?.tags ?? []).map((tag) => [tag.key, tag.value]));
    const assumed = wanted && { ...wanted, id, tags, status: 'Available', serviceManaged: false };
    const outcome = assumed && this.#settledOutcome(bound, assumed, target);`,
    by: 'I15',
    oracle: 'O8',
  },
  {
    name: 'an update is sent without a fence',
    rule: '7 fence before every change',
    from: 'const write = await fence(stage, nextStatus(stage.policy, outcome, stage.clock.now()));',
    to: "const write: WriteResult = { kind: 'ok', object: { ...stage.policy, status: nextStatus(stage.policy, outcome, stage.clock.now()) } };",
    by: 'I7',
    oracle: 'O2',
  },
  {
    name: 'a change of the spec is told by the generation that status has seen',
    rule: '7 what hashes differently is applied',
    from: 'const specChanged = applied?.hash !== managedHash(desired);',
    to: 'const specChanged = ownStatus(policy).observedGeneration !== policy.metadata.generation;',
    by: 'I4',
    oracle: 'O2',
  },
  {
    name: 'the fence forgets the tag keys about to be set',
    rule: '7 tag keys are added by the fence',
    from: 'tagKeys: union(before.lastApplied?.tagKeys ?? [], outcome.tagKeys),',
    to: 'tagKeys: before.lastApplied?.tagKeys ?? [],',
    by: 'tags',
    oracle: 'O7',
  },
  {
    name: 'a list is believed right after a change for another spec',
    rule: '6 Ready needs a sighting',
    from: 'return recall.sent !== managedHash(desired) && age < window;',
    to: 'return age < 0;',
    by: 'toAndFro',
    oracle: 'O8',
  },
  {
    name: 'the suites of a list are not compared',
    rule: '6 Ready needs an equal sighting',
    from: "compare('ciphers',",
    to: "if (desired.name === '') compare('ciphers',",
    by: 'schedules',
    oracle: 'O8',
  },
  {
    name: 'tags that left the spec are not looked for',
    rule: '7 tag keys that we have set are removed',
    from: '...Object.keys(desired.tags), ...appliedTagKeys',
    to: '...Object.keys(desired.tags)',
    by: 'schedules',
    oracle: 'O7',
  },
  {
    name: 'the quota gate is always open',
    rule: '9 one at a time in a full region',
    from: 'if (!this.#narrow) return true;',
    to: 'if (this.#narrow || !this.#narrow) return true;',
    by: 'I9',
    oracle: 'O12',
  },
  {
    name: 'the pass does not tell the gate of a refusal',
    rule: '9 a QuotaExceeded closes the gate',
    from: 'this.#gate()?.refused(Math.max(counted, error.usage?.used ?? 0), this.#shop.clock.monotonic());',
    to: 'if (counted < 0) this.#gate()?.left(this.#key);',
    by: 'I9loop',
    oracle: 'O12',
  },
  {
    name: 'the pass keeps the gate when its create has succeeded',
    rule: '9 one at a time, and the next one after it',
    from: 'this.#gate()?.succeeded(this.#key);',
    to: '',
    by: 'I9loop',
    oracle: 'O4',
  },
  {
    name: 'ownership is not checked',
    rule: 'only our UID and cluster are permission',
    from: 'return tagOf(cloud, OWNER_TAGS.uid) === uid && tagOf(cloud, OWNER_TAGS.cluster) === clusterId;',
    to: "return cloud.id !== '' && uid !== '' && clusterId !== '';",
    by: 'schedules',
    oracle: 'O15',
  },
  {
    name: 'a policy of another owner is adopted',
    rule: '8 refused when tags of another owner are on it',
    from: 'if (!isMarked(found)) return undefined;',
    to: "if (found.id !== '') return undefined;",
    by: 'owned',
    oracle: 'O15',
  },
  {
    name: 'an adoption binds without a list that shows our tags',
    rule: '8 a later list must show our own tags',
    from: "this.#shop.log.info('policy tagged for adoption', { key: this.#key, id: policy.id, step: 'adopt' });",
    to: "return this.#with(performed.policy).#bind(policy.id, undefined, 'Adopted');",
    by: 'I11',
    oracle: 'O2',
  },
  {
    name: 'a policy is tagged again while the list is late',
    rule: '8 the loser never tags again',
    from: "  if (underway) return { kind: 'await' };\n",
    to: '',
    by: 'I11',
    oracle: 'O6',
  },
  {
    name: 'a policy that was observed is tagged again after a restart while the list is late',
    rule: '8 the loser never tags again',
    from: 'return lastApplied?.tagKeys.includes(OWNER_TAGS.uid) === true;',
    to: 'return false;',
    by: 'observedRace',
    oracle: 'O6',
  },
  {
    name: 'a policy is made beside one that was tagged for an adoption that is not asked for any more',
    rule: '8 what carries our tags is found first',
    from: "    if (isTagging(policy, now, window)) return { kind: 'await' };\n    if (quota",
    to: '    if (now < window) return { kind: "await" };\n    if (quota',
    by: 'takenBack',
    oracle: 'O1',
  },
  {
    name: 'a process goes by its own old tagging, and not by the fence of another one',
    rule: '8 while a list may lag nothing is tagged a second time',
    from: 'claimed?.fence === ownStatus(policy).lastApplied?.at;',
    to: "claimed?.fence !== '';",
    by: 'successor',
    oracle: 'O6',
  },
  {
    name: 'Observe adopts',
    rule: '8 Observe writes nothing',
    from: "policy.spec.managementPolicy === 'Observe')\n    return planObserving(situation, observation);",
    to: "policy.spec.managementPolicy === 'DryRun')\n    return planObserving(situation, observation);",
    by: 'watched',
    oracle: 'O15',
  },
  {
    name: 'DryRun spends the token',
    rule: '2 prechecks send no token',
    from: 'const verdict = await region.precheck(step.draft);',
    to: `const verdict = step.draft.kind === 'create'
      ? await region.create(step.draft.parameters, this.#policy.metadata.uid)
      : await region.precheck(step.draft);`,
    by: 'I14',
    oracle: 'O15',
  },
  {
    name: 'the announced create of another cluster is sent',
    rule: '8 another cluster is not ours',
    from: '  if (cluster === undefined) return undefined;\n',
    to: "  if (cluster !== '') return undefined;\n",
    by: 'I6',
    oracle: 'O5',
  },
];
