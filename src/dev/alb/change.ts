import { type Context, unpredictable } from './context.ts';
import { checkUnique } from './creation.ts';
import { once, prechecked } from './idempotence.ts';
import { missing, notFound, type Outcome, refused } from './outcome.ts';
import { flag, list, type Parameters, text } from './parameters.ts';
import { type PolicyContent, type PolicyRecord, statusAt } from './policy.ts';
import { checkName, checkSuites, checkToken } from './validation.ts';

interface Target {
  readonly record: PolicyRecord;
  readonly content: PolicyContent;
}

function checkChangeable(context: Context, { record, content }: Target): Outcome | undefined {
  if (content.serviceManaged)
    return refused(403, 'Forbidden.SecurityPolicy', 'Authentication has failed for SecurityPolicy.');
  const status = statusAt(content, context.now);
  if (status === 'Available') return undefined;
  return refused(
    400,
    'IncorrectStatus.SecurityPolicy',
    `The status of ${record.id} [${status}] is incorrect.`,
  );
}

/** Writes new content and starts the time in which it is Configuring; returns the id of the job. */
export function revisePolicy(context: Context, { record, content }: Target): string {
  const { world, now, wall, options } = context;
  const doneAt = now + options.updateConfiguring;
  record.revise(now, { ...content, configuringUntil: doneAt });
  const job = {
    id: unpredictable(context.random, 24),
    apiName: 'UpdateSecurityPolicyAttribute',
    operateType: 'Update',
    resourceId: record.id,
    createTime: wall,
    doneAt,
  } as const;
  world.jobs.push(job);
  return job.id;
}

function changed(content: PolicyContent, parameters: Parameters): PolicyContent {
  const tlsVersions = list(parameters, 'TLSVersions');
  const ciphers = list(parameters, 'Ciphers');
  return {
    ...content,
    name: text(parameters, 'SecurityPolicyName') ?? content.name,
    tlsVersions: tlsVersions.length > 0 ? [...new Set(tlsVersions)] : content.tlsVersions,
    ciphers: ciphers.length > 0 ? [...new Set(ciphers)] : content.ciphers,
  };
}

/** UpdateSecurityPolicyAttribute. What is not named stays; versions and suites are judged as they would then be. */
export function updateSecurityPolicyAttribute(context: Context, parameters: Parameters): Outcome {
  const id = text(parameters, 'SecurityPolicyId');
  if (id === undefined) return missing('SecurityPolicyId');
  const name = text(parameters, 'SecurityPolicyName');
  const flaw =
    checkToken(text(parameters, 'ClientToken')) ?? (name === undefined ? undefined : checkName(name));
  if (flaw !== undefined) return flaw;
  return once(context, 'UpdateSecurityPolicyAttribute', parameters, () => {
    const target = context.world.find(id);
    if (target === undefined) return notFound(id);
    const content = changed(target.content, parameters);
    const refusal =
      checkSuites(content.tlsVersions, content.ciphers, context.options) ??
      checkChangeable(context, target) ??
      (name === undefined ? undefined : checkUnique(context, name, id));
    if (refusal !== undefined) return refusal;
    if (flag(parameters, 'DryRun')) return prechecked(context);
    const JobId = revisePolicy(context, { record: target.record, content });
    return { kind: 'done', body: { JobId }, commit: { id } };
  });
}

/** DeleteSecurityPolicy. */
export function deleteSecurityPolicy(context: Context, parameters: Parameters): Outcome {
  const id = text(parameters, 'SecurityPolicyId');
  if (id === undefined) return missing('SecurityPolicyId');
  const flaw = checkToken(text(parameters, 'ClientToken'));
  if (flaw !== undefined) return flaw;
  return once(context, 'DeleteSecurityPolicy', parameters, () => {
    const target = context.world.find(id);
    if (target === undefined) return notFound(id);
    const refusal = checkChangeable(context, target);
    if (refusal !== undefined) return refusal;
    if (target.record.listeners.length > 0)
      return refused(400, 'ResourceInUse.SecurityPolicy', `The specified resource ${id} is in use.`);
    if (flag(parameters, 'DryRun')) return prechecked(context);
    context.world.remove(target.record, context.now);
    return { kind: 'done', body: {}, commit: { id } };
  });
}
