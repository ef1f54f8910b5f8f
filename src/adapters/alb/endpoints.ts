/**
 * Where requests go. Built from a checked region, never from free text of a tenant.
 * @module
 */

/** An endpoint's scheme and host, such as `https://alb.cn-hangzhou.aliyuncs.com`, or why there is none. */
export type EndpointResult =
  | { readonly kind: 'ok'; readonly origin: string }
  | { readonly kind: 'error'; readonly message: string };

/** The endpoints of one identity. */
export interface Endpoints {
  alb(region: string): EndpointResult;
  sts(): EndpointResult;
}

/** What an operator or a ClusterProviderConfig says of endpoints. */
export interface EndpointOptions {
  readonly network: 'public' | 'vpc';
  /** The region whose STS is asked; without it the global STS. */
  readonly region?: string;
  /** Replaces the ALB endpoint of every region. */
  readonly alb?: string;
  /** Replaces the STS endpoint. A loopback `alb` answers for STS unless this is given. */
  readonly sts?: string;
}

const REGION = /^[a-z]{2}(-[a-z0-9]+)+$/;
/** A DNS label has at most 63 characters (RFC 1035 2.3.4); the longest region known has 20. */
const LONGEST_REGION = 63;

/** Whether the text has the form of a region; only such text becomes part of a host name. */
export function isRegion(region: string): boolean {
  return region.length <= LONGEST_REGION && REGION.test(region);
}

/** Whether a URL's host is this machine itself, where plain HTTP is allowed. `hostname` is as `URL` normalises it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The ECS metadata service, and link-local addresses: they hand out keys and are never an API endpoint. */
const METADATA = /^(100\.100\.100\.200|169\.254(\.\d{1,3}){2}|\[fe[89ab][0-9a-f]:.*\])$/;

/** Checks an override: `https://host[:port]`, or `http://` to loopback only. */
export function checkEndpoint(text: string): EndpointResult {
  const fail = (rule: string): EndpointResult => ({
    kind: 'error',
    message: `The endpoint cannot be used: ${rule}`,
  });
  const url = URL.parse(text);
  if (url === null) return fail('it is not a URL');
  if (url.username !== '' || url.password !== '') return fail('it must not hold a user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return fail('it must be a scheme and a host only');
  }
  if (METADATA.test(url.hostname)) return fail('it is a metadata or link-local address');
  if (url.protocol === 'https:') return { kind: 'ok', origin: url.origin };
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return { kind: 'ok', origin: url.origin };
  return fail('it must be https, or http to loopback');
}

/** The one region whose endpoints are those of another (public endpoint lists of ALB and STS). */
const FINANCE = 'cn-hangzhou-finance';

function fromRegion(product: 'alb' | 'sts', region: string, network: 'public' | 'vpc'): EndpointResult {
  if (!isRegion(region)) {
    return {
      kind: 'error',
      message: `The region ${JSON.stringify(region.slice(0, 64))} must match ${REGION}`,
    };
  }
  if (region === FINANCE && product === 'alb' && network === 'vpc') {
    // No public list names one; a guess would send signed requests to an unknown host.
    return { kind: 'error', message: `The region "${region}" has no documented VPC endpoint: give one` };
  }
  const host = region === FINANCE ? 'cn-hangzhou' : region;
  return { kind: 'ok', origin: `https://${product}${network === 'vpc' ? '-vpc' : ''}.${host}.aliyuncs.com` };
}

function isLoopbackOrigin(origin: string): boolean {
  return isLoopback(new URL(origin).hostname);
}

function stsEndpoint(options: EndpointOptions): EndpointResult {
  if (options.sts !== undefined) return checkEndpoint(options.sts);
  if (options.alb !== undefined) {
    const alb = checkEndpoint(options.alb);
    if (alb.kind === 'error' || isLoopbackOrigin(alb.origin)) return alb;
  }
  if (options.region !== undefined) return fromRegion('sts', options.region, options.network);
  if (options.network === 'public') return { kind: 'ok', origin: 'https://sts.aliyuncs.com' };
  return { kind: 'error', message: 'The VPC endpoint of STS needs a region' };
}

/** The endpoints for a network, a region and overrides. Errors are values of the calls, so that they reach a condition. */
export function createEndpoints(options: EndpointOptions): Endpoints {
  return {
    alb(region) {
      const byRule = fromRegion('alb', region, options.alb === undefined ? options.network : 'public');
      if (byRule.kind === 'error' || options.alb === undefined) return byRule;
      return checkEndpoint(options.alb);
    },
    sts: () => stsEndpoint(options),
  };
}
