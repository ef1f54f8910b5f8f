import { type Context, timestamp, unpredictable } from './context.ts';
import { once, prechecked } from './idempotence.ts';
import { missing, type Outcome, refused } from './outcome.ts';
import { flag, list, type Parameters, tags, text } from './parameters.ts';
import { checkGroup, checkName, checkSuites, checkTags, checkToken, tagRecord } from './validation.ts';

interface Wish {
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
}

function checkFormat(context: Context, parameters: Parameters, wish: Wish): Outcome | undefined {
  if (wish.name === '') return missing('SecurityPolicyName');
  if (wish.tlsVersions.length === 0) return missing('TLSVersions');
  if (wish.ciphers.length === 0) return missing('Ciphers');
  return (
    checkToken(text(parameters, 'ClientToken')) ??
    checkName(wish.name) ??
    checkSuites(wish.tlsVersions, wish.ciphers, context.options) ??
    checkTags(tags(parameters)) ??
    checkGroup(text(parameters, 'ResourceGroupId'), context.options)
  );
}

function checkQuota({ world, options }: Context): Outcome | undefined {
  const limit = world.quota ?? options.quota;
  if (world.used < limit) return undefined;
  return refused(
    400,
    'QuotaExceeded.SecurityPoliciesNum',
    `The quota of alb_quota_securitypolicies_num is exceeded, usage ${world.used}/${limit}.`,
  );
}

/** The refusal of a name that another policy has, where this cloud wants names unique. */
export function checkUnique({ world, options }: Context, name: string, self?: string): Outcome | undefined {
  if (options.duplicateNames === 'allowed') return undefined;
  for (const record of world.policies.values())
    if (record.id !== self && record.current?.name === name)
      return refused(400, 'ResourceAlreadyExist.SecurityPolicy', `The name ${name} is already used.`);
  return undefined;
}

/** The resource group of an account that names none. */
export function defaultGroup(account: string): string {
  return `rg-acfm${account.slice(-8)}`;
}

/** Makes a policy; returns its id. The console uses it too. */
export function addPolicy(
  context: Context,
  wish: Wish & {
    readonly resourceGroupId?: string | undefined;
    readonly tags: Readonly<Record<string, string>>;
  },
  serviceManaged = false,
): string {
  const { world, now, options } = context;
  const id = `spy-${unpredictable(context.random, 16)}`;
  world.add(id, timestamp(context.wall), now, {
    name: wish.name,
    tlsVersions: [...new Set(wish.tlsVersions)],
    ciphers: [...new Set(wish.ciphers)],
    resourceGroupId: wish.resourceGroupId ?? defaultGroup(world.account),
    tags: wish.tags,
    configuringUntil: now + options.createConfiguring,
    serviceManaged,
  });
  return id;
}

/** CreateSecurityPolicy. */
export function createSecurityPolicy(context: Context, parameters: Parameters): Outcome {
  const wish: Wish = {
    name: text(parameters, 'SecurityPolicyName') ?? '',
    tlsVersions: list(parameters, 'TLSVersions'),
    ciphers: list(parameters, 'Ciphers'),
  };
  const flaw = checkFormat(context, parameters, wish);
  if (flaw !== undefined) return flaw;
  const early = context.options.quotaBeforeToken ? checkQuota(context) : undefined;
  if (early !== undefined) return early;
  return once(context, 'CreateSecurityPolicy', parameters, () => {
    const refusal = checkQuota(context) ?? checkUnique(context, wish.name);
    if (refusal !== undefined) return refusal;
    if (flag(parameters, 'DryRun')) return prechecked(context);
    const resourceGroupId = text(parameters, 'ResourceGroupId');
    const id = addPolicy(context, { ...wish, resourceGroupId, tags: tagRecord(tags(parameters)) });
    return { kind: 'done', body: { SecurityPolicyId: id }, commit: { id } };
  });
}
