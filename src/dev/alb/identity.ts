import { type Context, timestamp, unpredictable } from './context.ts';
import type { AccessKey } from './keyring.ts';
import { illegal, missing, type Outcome, refused } from './outcome.ts';
import { type Parameters, text } from './parameters.ts';

/** Makes and registers session credentials of a role. */
export function mintSession(context: Context, account: string, role: string, life: number): AccessKey {
  const { random, keys, wall } = context;
  const key: AccessKey = {
    id: `STS.${unpredictable(random, 24)}`,
    secret: unpredictable(random, 40),
    securityToken: `CAIS${unpredictable(random, 120)}`,
    account,
    role,
    expiresAt: wall + life,
  };
  keys.add(key);
  return key;
}

/** Credentials as STS and the metadata service write them. */
export function credentialsBody(key: AccessKey): Record<string, string> {
  return {
    AccessKeyId: key.id,
    AccessKeySecret: key.secret,
    SecurityToken: key.securityToken ?? '',
    Expiration: timestamp(key.expiresAt ?? 0),
  };
}

/** GetCallerIdentity. */
export function getCallerIdentity({ world, keys, accessKeyId }: Context): Outcome {
  const role = accessKeyId === undefined ? undefined : keys.find(accessKeyId)?.role;
  const AccountId = world.account;
  const body =
    role === undefined
      ? { Arn: `acs:ram::${AccountId}:user/albsp`, IdentityType: 'RAMUser', UserId: `2${AccountId.slice(1)}` }
      : {
          Arn: `acs:ram::${AccountId}:assumed-role/${role}/albsp`,
          IdentityType: 'AssumedRoleUser',
          RoleId: `3${AccountId.slice(1)}`,
        };
  return { kind: 'done', body: { AccountId, PrincipalId: `4${AccountId.slice(1)}`, ...body } };
}

const ROLE_ARN = /^acs:ram::(\d+):role\/([\w.-]+)$/;

/**
 * AssumeRoleWithOIDC. A token that says `expired`, `invalid` or `audience` anywhere is refused as such; any other of
 * 4 to 20,000 characters is believed: the stand-in has no issuer to ask.
 */
export function assumeRoleWithOidc(context: Context, parameters: Parameters): Outcome {
  for (const name of ['OIDCProviderArn', 'OIDCToken', 'RoleArn', 'RoleSessionName'])
    if (text(parameters, name) === undefined) return missing(name);
  const [, account, role] = ROLE_ARN.exec(text(parameters, 'RoleArn') ?? '') ?? [];
  if (account === undefined || role === undefined) return illegal('RoleArn', 'acs:ram::ACCOUNT:role/NAME');
  const token = text(parameters, 'OIDCToken') ?? '';
  if (token.length < 4 || token.length > 20_000) return illegal('OIDCToken', '4 to 20,000 characters');
  const seconds = Number(text(parameters, 'DurationSeconds') ?? '3600');
  if (!Number.isInteger(seconds) || seconds < 900) return illegal('DurationSeconds', 'at least 900');
  const flaw = [
    ['expired', 'Expired'],
    ['invalid', 'Invalid'],
    ['audience', 'AudienceNotMatch'],
  ].find(([word]) => word !== undefined && token.includes(word));
  if (flaw !== undefined)
    return refused(401, `AuthenticationFail.OIDCToken.${flaw[1]}`, 'The OIDC token is not accepted.');
  const key = mintSession(context, account, role, Math.min(seconds * 1000, context.options.sessionLife));
  return {
    kind: 'done',
    body: {
      Credentials: credentialsBody(key),
      AssumedRoleUser: { Arn: `acs:ram::${account}:assumed-role/${role}/albsp`, AssumedRoleId: `3:${role}` },
    },
  };
}
