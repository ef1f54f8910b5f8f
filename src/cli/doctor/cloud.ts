/**
 * The cloud as the operator's own identity meets it: keys, account, list, and a create that is only judged.
 * @module
 */

import type { AlbCloud } from '../../adapters/alb/cloud.ts';
import { systemClock } from '../../adapters/clock.ts';
import type { Connection } from '../../config/settings.ts';
import type { CloudError, CreateParameters, Region } from '../../ports/cloud.ts';
import { type Check, failed, passed, skipped } from './check.ts';

/** A policy that every region takes; with DryRun it is never made. */
const DRAFT: CreateParameters = {
  name: 'albsp-doctor',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
  tags: [],
};

/** Credentials, list, precheck, in this order; what needs a former one is skipped without it. */
export async function checkCloud(cloud: AlbCloud, connection: Connection): Promise<readonly Check[]> {
  const names = ['Credentials', 'List', 'Create (DryRun)'] as const;
  if (connection.credentials.kind === 'none')
    return names.map((name) => skipped(name, '--credentials is none: each object names a provider config'));
  const account = await cloud.account();
  if (account.kind === 'error') {
    const later = names.slice(1).map((name) => skipped(name, 'The credentials do not work'));
    return [failed(names[0], says(account.error), mendCredentials(connection)), ...later];
  }
  const { accountId, arn } = account.value;
  const region = account.value.region(connection.region);
  return [
    passed(names[0], `account ${accountId}, ${arn}`),
    await checkList(region),
    await checkCreate(region),
  ];
}

async function checkList(region: Region): Promise<Check> {
  const list = await region.list(systemClock.monotonic());
  return list.kind === 'ok'
    ? passed('List', `${list.value.policies.length} custom policies in ${region.region}`)
    : failed('List', says(list.error), mend(list.error, 'alb:ListSecurityPolicies', region));
}

async function checkCreate(region: Region): Promise<Check> {
  const name = 'Create (DryRun)';
  const judged = await region.precheck({ kind: 'create', parameters: DRAFT });
  return judged.kind === 'ok'
    ? passed(name, `${region.region} would take it; nothing was made`)
    : failed(name, says(judged.error), mend(judged.error, 'alb:CreateSecurityPolicy', region));
}

function says({ code, message }: CloudError): string {
  return `${code}: ${message}`;
}

function mend(error: CloudError, action: string, { endpoint, region }: Region): string {
  switch (error.kind) {
    case 'denied':
      return `Grant the RAM action ${action} to this identity`;
    case 'credentials':
      return 'Give keys that are valid and enabled';
    case 'exhausted':
      return `Delete policies that nobody uses in ${region}, or ask for a higher quota`;
    case 'indeterminate':
      return `See that ${endpoint} can be reached from here, by the proxy if there is one`;
    case 'throttled':
    case 'busy':
      return 'Run this again in a minute';
    case 'notFound':
    case 'inUse':
    case 'tokenSpent':
    case 'refused':
      return `See that --region and --alb-endpoint are right: requests go to ${endpoint}`;
  }
}

function mendCredentials({ credentials }: Connection): string {
  switch (credentials.kind) {
    case 'environment':
      return 'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET to a valid key, or choose other --credentials';
    case 'rrsa':
      return 'See that RRSA is enabled in the cluster, that the ServiceAccount names its role, and that the role trusts it';
    case 'ecsRamRole':
      return 'See that the node has a RAM role and that this Pod may reach its metadata service';
    case 'secretRef':
    case 'none':
      return 'Choose other --credentials';
  }
}
