import type { Millis } from '../../ports/clock.ts';

/** At most `calls` of one action within `per`, counted per account and region. */
export interface Rate {
  readonly calls: number;
  readonly per: Millis;
}

/**
 * How this cloud behaves where the documentation is silent. Each field is one switch; a client must be right under
 * every value of every one of them. Durations are milliseconds of the model's clock.
 */
export interface AlbOptions {
  /** How long a ClientToken is remembered; 0 forgets it at once, `Infinity` never. */
  readonly tokenRetention: Millis;
  /** How long after its first use a repeated token is answered with IdempotenceProcessing. */
  readonly tokenProcessing: Millis;
  /** Whether a refused request spends its token, so that the same request gets the same refusal again. */
  readonly tokenKeepsRefusal: boolean;
  /** Whether a precheck spends its token, so that the real request under it is a mismatch. */
  readonly dryRunSpendsToken: boolean;
  /** Whether a replay is checked against the quota before its token is recognised. */
  readonly quotaBeforeToken: boolean;
  /** How much later than the policy itself its tags show in lists. */
  readonly tagsLate: Millis;
  /** How much later creations, updates and deletions show in lists. */
  readonly listLag: Millis;
  /** In which order a list shows the suites of a policy. */
  readonly cipherOrder: 'kept' | 'sorted' | 'shuffled';
  /** How long a new policy is Configuring. */
  readonly createConfiguring: Millis;
  /** How long an updated policy is Configuring. */
  readonly updateConfiguring: Millis;
  /** Whether, between two pages of a list, the first item of the second page moves to the front of the first. */
  readonly pageShift: boolean;
  /** Upper bound of a page, whatever MaxResults asks for (1 to 100): small values make many pages of few policies. */
  readonly pageSize: number;
  /** Whether two policies may have one name. */
  readonly duplicateNames: 'allowed' | 'refused';
  /** HTTP status of a passed precheck. */
  readonly dryRunStatus: 400 | 200;
  /** Error code for suites that do not fit the versions. */
  readonly illegalPairCode: string;
  /** Custom policies per account and region; the console can change it for one region. */
  readonly quota: number;
  /** Tags that one policy can have. */
  readonly tagsPerPolicy: number;
  /** Listeners that one policy can have. */
  readonly listenersPerPolicy: number;
  /** Rate limits by action; an action without a row has none. */
  readonly rates: Readonly<Record<string, Rate>>;
  /** Suites beyond the built-in table, with the versions they work with. */
  readonly extraSuites: Readonly<Record<string, readonly string[]>>;
  /** The resource groups that exist; undefined: every one. */
  readonly resourceGroups: readonly string[] | undefined;
  /** Role of the node, as the instance metadata service names it; empty: the node has none. */
  readonly nodeRole: string;
  /** Whether the instance metadata service answers without a token. */
  readonly metadataWithoutToken: boolean;
  /** How long session credentials are valid. */
  readonly sessionLife: Millis;
}

/** Documented for ALB: 200 calls a minute for writes, 20 calls a second for lists; other actions have no row. */
export const DOCUMENTED_RATES: Readonly<Record<string, Rate>> = {
  CreateSecurityPolicy: { calls: 200, per: 60_000 },
  DeleteSecurityPolicy: { calls: 200, per: 60_000 },
  TagResources: { calls: 200, per: 60_000 },
  UnTagResources: { calls: 200, per: 60_000 },
  ListSecurityPolicies: { calls: 20, per: 1000 },
  ListTagResources: { calls: 20, per: 1000 },
  ListAsynJobs: { calls: 20, per: 1000 },
};

/** What is documented, and where nothing is, the behaviour that most clouds show. */
export const DEFAULT_OPTIONS: AlbOptions = {
  tokenRetention: 3_600_000,
  tokenProcessing: 0,
  tokenKeepsRefusal: true,
  dryRunSpendsToken: true,
  quotaBeforeToken: false,
  tagsLate: 0,
  listLag: 0,
  cipherOrder: 'kept',
  createConfiguring: 0,
  updateConfiguring: 1000,
  pageShift: false,
  pageSize: 100,
  duplicateNames: 'allowed',
  dryRunStatus: 400,
  illegalPairCode: 'IllegalParam.Ciphers',
  quota: 50,
  tagsPerPolicy: 20,
  listenersPerPolicy: 10,
  rates: DOCUMENTED_RATES,
  extraSuites: {},
  resourceGroups: undefined,
  nodeRole: 'node-role',
  metadataWithoutToken: false,
  sessionLife: 3_600_000,
};
