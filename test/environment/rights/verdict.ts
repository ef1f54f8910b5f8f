import { type Grant, type Mode, RIGHTS_FILES } from './grants.ts';
import type { Asked, Ended, Refused, Use, Used } from './uses.ts';

/** What a run says of the rights (O11). Sentences, for whoever reads a failed run. */
export interface Verdict {
  /** Wrong whatever ran. */
  readonly breaches: readonly string[];
  /** Wrong only when everything ran. */
  readonly unused: readonly string[];
  /** Wrong only when all that ran has passed: tests that ask for a refusal and don't get it. */
  readonly idle: readonly string[];
}

/**
 * What the operator's account gets as every account does, by the command that needs it. `run` needs nothing of it.
 * Source: the roles `system:basic-user` and `system:discovery` of every cluster.
 */
const EVERYBODY: Readonly<Record<string, readonly RegExp[]>> = {
  doctor: [
    /^create authorization\.k8s\.io\/selfsubjectaccessreviews$/,
    /^get \/version$/,
    /^get \/openapi\/v3\//,
  ],
};
/** The one right that whoever makes a provider config grants besides. */
const SECRET = 'get core/secrets';
/** Names of the Role for the Lease: that of the files, and that of the chart. Both modes have it. */
const LEADING: readonly string[] = ['Role albsp', 'Role albsp-leader'];

/** Holds what was used against what is granted. */
export function judge(uses: readonly Use[], grants: readonly Grant[]): Verdict {
  const used = uses.filter((use) => use.kind === 'used');
  const refused = uses.filter((use) => use.kind === 'refused');
  const asked = uses.filter((use) => use.kind === 'asked');
  const ended = uses.filter((use) => use.kind === 'ended');
  const breaches = [
    ...used.flatMap((use) => breachOf(use, grants, modesOf(use, used))),
    ...[...used, ...refused]
      .filter(({ right }) => / core\/secrets/.test(right) && right !== SECRET)
      .map(secretBreach),
    ...refused
      .filter((refusal) => !asked.some((wish) => meets(refusal, wish)))
      .filter((refusal) => !ended.some((end) => follows(refusal, end)))
      .map(
        ({ right, namespace, name }) =>
          `'${right}' was refused for '${name}' in namespace '${namespace}', and no test asked for that: grant it in ${RIGHTS_FILES.cluster} or ${RIGHTS_FILES.namespaced}, or let the test call World.asksForRefusal`,
      ),
  ];
  const proved = (grant: Grant) =>
    used.some(
      (use) => covers(grant, use) && isOnly(grant.mode, modesOf(use, used)) && use.wide >= grant.wide,
    );
  const unused = grants.filter((grant) => !proved(grant)).map(unusedBreach);
  const idle = asked
    .filter((wish) => !refused.some((refusal) => meets(refusal, wish)))
    .map(
      ({ right, namespace }) => `A test asks for a refusal of '${right}' in '${namespace}' that never came`,
    );
  return { breaches: [...new Set(breaches)], unused: [...new Set(unused)], idle: [...new Set(idle)] };
}

function meets(refusal: Refused, wish: Asked): boolean {
  const within =
    wish.namespace === '' ? refusal.namespace === '' : refusal.namespace.startsWith(wish.namespace);
  return wish.server === refusal.server && wish.right === refusal.right && within;
}

function follows(refusal: Refused, end: Ended): boolean {
  return end.server === refusal.server && Date.parse(refusal.time) >= Date.parse(end.time);
}

function breachOf(use: Used, grants: readonly Grant[], modes: readonly Mode[]): readonly string[] {
  const { role, right, command } = use;
  if (modes.length > 0) {
    if (grants.some((grant) => modes.includes(grant.mode) && covers(grant, use))) return [];
    const files = modes.map((mode) => RIGHTS_FILES[mode]).join(' or ');
    return [`'${right}' was used by 'albsp ${command}' through ${role}, and ${files} does not grant it`];
  }
  const allowed = role.startsWith('ClusterRole system:')
    ? (EVERYBODY[command] ?? []).some((pattern) => pattern.test(right))
    : right === SECRET;
  return allowed
    ? []
    : [`'${right}' was used by 'albsp ${command}' through ${role}, which is no role of ours`];
}

/** The modes that a use may be of: none for a role that is not ours, two for a Lease of a server that had both. */
function modesOf({ role, server }: Used, used: readonly Used[]): readonly Mode[] {
  const own = modeOf(role);
  if (own !== undefined) return [own];
  if (!LEADING.includes(role)) return [];
  const others = used.filter((use) => use.server === server).map((use) => modeOf(use.role));
  const modes: readonly Mode[] = ['cluster', 'namespaced'];
  const seen = modes.filter((mode) => others.includes(mode));
  // A replica that only waits for the Lease has used nothing else yet.
  return seen.length === 0 ? modes : seen;
}

function modeOf(role: string): Mode | undefined {
  if (role === 'ClusterRole albsp') return 'cluster';
  return role === 'Role albsp-watch' ? 'namespaced' : undefined;
}

function isOnly(mode: Mode, modes: readonly Mode[]): boolean {
  return modes.length === 1 && modes[0] === mode;
}

/** Roles of the Lease have one name in the files and another one in the chart; all else is told apart by the mode. */
function covers(grant: Grant, use: Used): boolean {
  return (
    grant.right === use.right &&
    LEADING.includes(grant.role) === LEADING.includes(use.role) &&
    (grant.name === '' || grant.name === use.name)
  );
}

function secretBreach({ kind, right }: Used | Refused): string {
  return `'${right}' was ${kind}: Secrets are got by name, and nothing else is done with them`;
}

function unusedBreach({ mode, role, right, name, wide }: Grant): string {
  const which = name === '' ? '' : ` of '${name}'`;
  const how = wide ? 'nobody used it on the whole cluster' : 'nobody used it';
  return `${RIGHTS_FILES[mode]} grants '${right}'${which} in ${role}, and ${how}: take it out`;
}
