import { z } from 'zod';
import { desiredOfParameters, managedHash } from '../../src/domain/policy.ts';
import type { Admin, Manifest } from '../../test/environment/admin.ts';
import { eventually } from '../../test/environment/eventually.ts';
import { nameOf, policy } from './policies.ts';
import type { Stage } from './stage.ts';
import { isReady } from './watcher.ts';

/** What an operator wrote for one policy, from apply to Ready, as JSON with placeholders for what differs. */
export const scoreSchema = z.object({
  finalizers: z.array(z.string()),
  announced: z.string(),
  result: z.string(),
  create: z.string(),
  events: z.array(z.string()),
});
/** See `scoreSchema`. */
export type Score = z.infer<typeof scoreSchema>;

/** Who a score is played for. */
export interface Cast {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** Of the policy in the cloud; empty while it is not known. */
  readonly policyId: string;
  /** Of what was applied, as status keeps it. */
  readonly hash: string;
}

const pending = z.object({
  parameters: z.object({
    name: z.string(),
    tlsVersions: z.array(z.string()),
    ciphers: z.array(z.string()),
    tags: z.array(z.object({ key: z.string(), value: z.string() })),
  }),
});

const SAMPLE = nameOf(99_999);
const ROLES = ['name', 'namespace', 'uid', 'policyId', 'hash'] as const;

/** Has the operator of `stage` make one policy, and writes down what it did. */
export async function recordScore(stage: Stage): Promise<Score> {
  const since = await stage.cloud.last();
  const watcher = await stage.watch();
  await stage.admin.create(policy(stage.namespace, SAMPLE));
  const ready = await watcher.first(SAMPLE, isReady);
  const [, claimed, announced, result, ...more] = watcher.versions(SAMPLE);
  if (claimed === undefined || announced === undefined || result === undefined || more.length > 0)
    throw new Error(
      'The operator did not make a policy Ready with three writes, so there is no floor for it',
    );
  const { uid } = ready.object.metadata;
  if (uid === undefined) throw new Error('A policy has no uid');
  const cast = {
    name: SAMPLE,
    namespace: stage.namespace,
    uid,
    policyId: String(ready.object.status?.securityPolicyId),
    hash: String(ready.object.status?.lastApplied?.hash),
  };
  const requests = await stage.cloud.requests(since);
  const create = requests.find(({ action }) => action === 'CreateSecurityPolicy');
  return {
    finalizers: [...(claimed.object.metadata.finalizers ?? [])],
    announced: asTemplate(announced.object.status, cast),
    result: asTemplate(result.object.status, cast),
    create: asTemplate(create?.parameters, cast),
    events: (await eventsOf(stage.admin, cast)).map((event) => asTemplate(event, cast)),
  };
}

/** A part of a score as it is for this policy. */
export function played(template: string, cast: Cast): Record<string, unknown> {
  return JSON.parse(ROLES.reduce((text, role) => text.replaceAll(`<<${role}>>`, cast[role]), template));
}

/** The hash that the status of this policy must hold, so that the operator finds nothing to write. */
export function hashFor({ announced }: Score, cast: Cast): string {
  const { pendingCreate } = z.object({ pendingCreate: pending }).parse(played(announced, cast));
  return managedHash(desiredOfParameters(pendingCreate.parameters));
}

function asTemplate(value: unknown, cast: Cast): string {
  return ROLES.reduce((text, role) => text.replaceAll(cast[role], `<<${role}>>`), JSON.stringify(value));
}

/** The events about the sample, once there is one that says it is Ready: nobody waits for their writing. */
async function eventsOf(admin: Admin, { name, namespace }: Cast): Promise<readonly object[]> {
  const probe = async () => {
    const all = await admin.list('Event', namespace);
    const mine = all.filter((event) => event.involvedObject?.name === name);
    if (!mine.some(({ reason }) => reason === 'Available')) throw new Error(JSON.stringify(mine));
    return mine;
  };
  const events = await eventually(probe, { within: 10_000, what: 'The event that says Available' });
  return events.map((event: Manifest) => {
    const { involvedObject, type, reason, message, count, firstTimestamp, lastTimestamp } = event;
    const { source, reportingComponent, reportingInstance } = event;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject,
      type,
      reason,
      message,
      count,
      firstTimestamp,
      lastTimestamp,
      source,
      reportingComponent,
      reportingInstance,
    };
  });
}
