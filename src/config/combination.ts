import { isRegion } from '../adapters/alb/endpoints.ts';
import type { Millis } from '../ports/clock.ts';
import type { RunConfig } from './settings.ts';
import { isLoopback } from './values.ts';

/** Below this the window is refused unless every cloud endpoint is on loopback: real lists may lag. */
const SAFE_WINDOW: Millis = 60_000;

/** The rules that concern more than one flag: the message of the first that is broken, or undefined. */
export function brokenTogether(config: RunConfig): string | undefined {
  const region = brokenRegion(config.region);
  if (region !== undefined) return region;
  if (config.namespaces.length > 0 && config.clusterId === undefined)
    return 'Flag "--cluster-id" is missing: it is required with --namespace, since the UID of kube-system cannot be read then';
  const loopback = config.albEndpoint !== undefined && isLoopback(config.albEndpoint);
  if (config.visibilityWindow < SAFE_WINDOW && !loopback)
    return 'Flag "--visibility-window" is below 60s: that is for loopback endpoints only';
  return undefined;
}

/** What is wrong with a region that came from the flag or the environment, or undefined. */
export function brokenRegion(region: string): string | undefined {
  if (region === '')
    return 'Flag "--region" is missing: give the region id, for example cn-hangzhou, or set ALIBABA_CLOUD_REGION_ID';
  return isRegion(region)
    ? undefined
    : `The region is "${region}": it must be a region id, for example cn-hangzhou`;
}

/** What of the environment would undo a promise, or undefined. Node reads this variable itself, and only this value. */
export function brokenEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return environment.NODE_TLS_REJECT_UNAUTHORIZED === '0'
    ? 'NODE_TLS_REJECT_UNAUTHORIZED is "0": keys would go to whoever answers; unset it, and name the authority with NODE_EXTRA_CA_CERTS'
    : undefined;
}
