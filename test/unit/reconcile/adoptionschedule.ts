import type { SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import { isReady } from '../../../src/domain/status.ts';
import { faultsOf, pick, switches } from './schedule.ts';
import { NO_FAULTS, PLACE, Simulation, SPEC, seeded } from './simulation.ts';

const BY_HAND = {
  name: 'by-hand',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['AES128-GCM-SHA256'],
  tags: { a: 'b' },
};
const HOURS = 4 * 3_600_000;

/** A history of an object that adopts, observes and checks, changing its mind at any moment; the broken oracles. */
export async function runAdoption(seed: number): Promise<readonly string[]> {
  const random = seeded(seed);
  const { options, window } = switches(random);
  // A full region says nothing of adoption, and the witness of writes cannot tell late tags from nobody's.
  const world = new Simulation({ ...options, quota: 50, listLag: 0, tagsLate: 0 }, random, window);
  const id = world.model.console.create(PLACE, BY_HAND);
  const foreign = world.model.console.create(PLACE, { ...BY_HAND, name: 'foreign' });
  const untouched = JSON.stringify(world.model.live().find((one) => one.id === foreign));
  const adopt = pick(random, [{ securityPolicyId: id }, { securityPolicyName: BY_HAND.name }]);
  const bare: SecurityPolicySpec = { ...SPEC, securityPolicyName: BY_HAND.name };
  const managed: SecurityPolicySpec = { ...bare, adopt };
  const specs: readonly [SecurityPolicySpec, ...SecurityPolicySpec[]] = [
    managed,
    { ...managed, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] },
    { ...managed, managementPolicy: 'Observe' },
    { ...managed, managementPolicy: 'DryRun' },
    bare,
    { ...bare, managementPolicy: 'Observe' },
    { ...bare, managementPolicy: 'DryRun' },
  ];
  world.kube.create('web', pick(random, [managed, ...specs.slice(2, 4), bare]));
  world.faults = faultsOf(random, pick(random, [0.05, 0.2, 0.5]), options.tokenRetention === 0);
  const rounds = 4 + Math.floor(random() * 12);
  for (let round = 0; round < rounds; round += 1) {
    const deed = random();
    if (deed < 0.5) world.kube.edit(pick(random, specs));
    else if (deed < 0.6) world.restart();
    const delay = await world.pass();
    await world.clock.advance(Math.min(delay ?? 1_000, pick(random, [1, 500, 5_000, 90_000])));
  }
  world.faults = NO_FAULTS;
  world.model.configure({ pageShift: false });
  const settled = await world.settle(HOURS);
  const ready = world.kube.object !== undefined && isReady(world.kube.object);
  const made = world.model.live().filter((one) => one.id !== id && one.id !== foreign).length;
  const { spec, status } = world.kube.object ?? {};
  world.kube.remove();
  await world.settle(HOURS);
  const adopted = world.model.live().find((one) => one.id === id);
  const found = [
    ...world.violations.map((text) => `O15 ${text}`),
    ...(made > 1 ? ['O1 more than one policy was made'] : []),
    ...(settled && ready ? [] : ['O4 not what was asked for']),
    ...(adopted === undefined ? ['O5 what was adopted is deleted'] : []),
    ...(world.kube.object === undefined ? [] : ['O4 the object is not let go']),
    ...(JSON.stringify(world.model.live().find((one) => one.id === foreign)) === untouched
      ? []
      : ['O5 the foreign policy was touched']),
  ];
  return found.length === 0 ? [] : [...found, `seed ${seed}`, JSON.stringify({ options, spec, status })];
}
