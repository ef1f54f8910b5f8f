/** The panels of the dashboard: what each asks and how it is drawn. Queries are PromQL with Grafana's variables. */

/** One line or number of a panel. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** One panel. Sizes are in Grafana's grid, 24 columns wide. */
export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly draw: 'number' | 'lines' | 'table';
  readonly unit: 'short' | 's' | 'bytes' | 'percentunit' | 'reqps';
  readonly width: number;
  readonly queries: readonly Query[];
  /** From these values on the number is yellow, or red; without them it is never coloured. */
  readonly yellow?: number;
  readonly red?: number;
}

/** A row of panels with a title. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The release that is looked at. Each of its replicas counts all objects, so that the largest count is taken. */
const JOB = '{job=~"$job"}';
const CREDENTIALS = 'CredentialsInvalid|TokenExchangeFailed|SecretNotFound|AccountChanged|AccessDenied';

function conditions(type: string, status: string, reason = '.+'): string {
  return `sum(max by (namespace, job, status, reason) (albsp_policy_conditions{job=~"$job",type="${type}",status="${status}",reason=~"${reason}"})) or vector(0)`;
}

function quantile(share: number, metric: string, by: string): string {
  return `histogram_quantile(${share}, sum by (le, ${by}) (rate(${metric}_bucket${JOB}[$__rate_interval])))`;
}

/** A number at the top: nothing is good news. */
function bad(title: string, about: string, expr: string, colour: 'yellow' | 'red'): Panel {
  const at = colour === 'yellow' ? { yellow: 1 } : { red: 1 };
  return { title, about, draw: 'number', unit: 'short', width: 3, queries: [{ expr, legend: '' }], ...at };
}

/** The dashboard from top to bottom: what hurts, then objects, cloud, cluster, process. */
export const ROWS: readonly Row[] = [
  {
    title: 'Now',
    panels: [
      {
        title: 'Ready',
        about: 'SecurityPolicies that are Ready.',
        draw: 'number',
        unit: 'short',
        width: 3,
        queries: [
          { expr: `sum(max by (namespace, job) (albsp_policies{job=~"$job",ready="True"}))`, legend: '' },
        ],
      },
      bad(
        'Not ready',
        'SecurityPolicies that are not Ready, or that nobody has looked at yet.',
        `sum(max by (namespace, job, ready) (albsp_policies{job=~"$job",ready!="True"}))`,
        'yellow',
      ),
      bad(
        'Stalled',
        'Somebody has to change something first. Runbook: AlbspPoliciesStalled.',
        conditions('Stalled', 'True'),
        'red',
      ),
      bad(
        'Drifted',
        'The cloud differs from the spec. Runbook: AlbspDriftStays.',
        conditions('UpToDate', 'False', 'Drifted'),
        'yellow',
      ),
      bad(
        'Deletion blocked',
        'Listeners use a policy that is to be deleted. Runbook: AlbspDeletionBlocked.',
        conditions('DeletionBlocked', 'True'),
        'yellow',
      ),
      bad(
        'Credentials failing',
        'Keys that do not work, or that lack a permission. Runbook: AlbspCredentialsFailing.',
        conditions('CredentialsReady', 'False', CREDENTIALS),
        'red',
      ),
      {
        title: 'Leaders',
        about: 'Exactly one for each release. Runbooks: AlbspNoLeader, AlbspSeveralLeaders.',
        draw: 'number',
        unit: 'short',
        width: 3,
        queries: [{ expr: `sum by (namespace, job) (albsp_lease_held${JOB})`, legend: '{{job}}' }],
        red: 2,
      },
      {
        title: 'Orphans',
        about: 'Policies in the cloud that no object owns. Runbook: AlbspOrphanPolicies.',
        draw: 'number',
        unit: 'short',
        width: 3,
        queries: [{ expr: `sum(max by (namespace, job) (albsp_orphan_policies${JOB}))`, legend: '' }],
        yellow: 1,
      },
    ],
  },
  {
    title: 'Objects',
    panels: [
      {
        title: 'Objects by Ready',
        about: 'All SecurityPolicies that the operator sees.',
        draw: 'lines',
        unit: 'short',
        width: 8,
        queries: [
          { expr: `max by (namespace, job, ready) (albsp_policies${JOB})`, legend: '{{job}} {{ready}}' },
        ],
      },
      {
        title: 'Why they wait',
        about: 'Reasons of Stalled, Reconciling, DeletionBlocked and Paused.',
        draw: 'lines',
        unit: 'short',
        width: 8,
        queries: [
          {
            expr: `max by (namespace, job, type, reason) (albsp_policy_conditions{job=~"$job",type=~"Stalled|Reconciling|DeletionBlocked|Paused",status="True"}) > 0`,
            legend: '{{type}} {{reason}}',
          },
        ],
      },
      {
        title: 'Not up to date',
        about: 'UpToDate that is False or Unknown, by reason.',
        draw: 'lines',
        unit: 'short',
        width: 8,
        queries: [
          {
            expr: `max by (namespace, job, status, reason) (albsp_policy_conditions{job=~"$job",type="UpToDate",status!="True"}) > 0`,
            legend: '{{status}} {{reason}}',
          },
        ],
      },
      {
        title: 'How full the regions are',
        about: 'Custom policies used of those allowed. Runbook: AlbspQuotaNearLimit.',
        draw: 'lines',
        unit: 'percentunit',
        width: 8,
        queries: [
          {
            expr: `max by (account, region) (albsp_quota_policies_used${JOB}) / max by (account, region) (albsp_quota_policies_limit${JOB})`,
            legend: '{{account}} {{region}}',
          },
        ],
      },
      {
        title: 'Weak policies',
        about: 'Policies that allow old versions of TLS or weak suites. Runbook: AlbspWeakPolicies.',
        draw: 'table',
        unit: 'short',
        width: 8,
        queries: [
          {
            expr: `sort_desc(max by (namespace, exported_namespace) (albsp_weak_policies${JOB}) > 0)`,
            legend: '',
          },
        ],
      },
      {
        title: 'Provider configs',
        about: 'By Ready. Runbook: AlbspProviderConfigNotReady.',
        draw: 'lines',
        unit: 'short',
        width: 8,
        queries: [
          { expr: `max by (kind, ready) (albsp_provider_configs${JOB})`, legend: '{{kind}} {{ready}}' },
        ],
      },
    ],
  },
  {
    title: 'Cloud',
    panels: [
      {
        title: 'Calls by operation',
        about: 'Only the leader calls. Idle, this is one list a region and interval.',
        draw: 'lines',
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expr: `sum by (action) (rate(albsp_cloud_requests_total${JOB}[$__rate_interval]))`,
            legend: '{{action}}',
          },
        ],
      },
      {
        title: 'Calls that failed',
        about: 'By what the answer means. Runbooks: AlbspThrottled, AlbspCloudUnreachable.',
        draw: 'lines',
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expr: `sum by (outcome) (rate(albsp_cloud_requests_total{job=~"$job",outcome!="ok"}[$__rate_interval]))`,
            legend: '{{outcome}}',
          },
        ],
      },
      {
        title: 'Duration of a call, 95 of 100',
        about: 'With the wait for a turn under the rate limit.',
        draw: 'lines',
        unit: 's',
        width: 8,
        queries: [
          { expr: quantile(0.95, 'albsp_cloud_request_duration_seconds', 'action'), legend: '{{action}}' },
        ],
      },
    ],
  },
  {
    title: 'Cluster and work',
    panels: [
      {
        title: 'Calls of the API server',
        about: 'By verb and resource.',
        draw: 'lines',
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expr: `sum by (verb, resource) (rate(albsp_kube_requests_total${JOB}[$__rate_interval]))`,
            legend: '{{verb}} {{resource}}',
          },
        ],
      },
      {
        title: 'Calls of the API server that failed',
        about: 'A 409 now and then is two writers, and harmless. Runbook: AlbspWatchFailing.',
        draw: 'lines',
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expr: `sum by (verb, resource, code) (rate(albsp_kube_requests_total{job=~"$job",code!~"2.."}[$__rate_interval]))`,
            legend: '{{verb}} {{resource}} {{code}}',
          },
        ],
      },
      {
        title: 'Passes',
        about: 'By how they went. An error is a bug. Runbook: AlbspPassesFailing.',
        draw: 'lines',
        unit: 'reqps',
        width: 8,
        queries: [
          {
            expr: `sum by (result) (rate(albsp_reconcile_total${JOB}[$__rate_interval]))`,
            legend: '{{result}}',
          },
          { expr: `sum(rate(albsp_reconcile_overruns_total${JOB}[$__rate_interval]))`, legend: 'overran' },
        ],
      },
      {
        title: 'Duration of a pass, 95 of 100',
        about: 'By how it went.',
        draw: 'lines',
        unit: 's',
        width: 8,
        queries: [
          { expr: quantile(0.95, 'albsp_reconcile_duration_seconds', 'result'), legend: '{{result}}' },
        ],
      },
      {
        title: 'Queue',
        about: 'Keys that wait for a worker, that wait for their time, and that a worker has.',
        draw: 'lines',
        unit: 'short',
        width: 8,
        queries: [
          { expr: `sum by (namespace, job) (albsp_workqueue_depth${JOB})`, legend: 'waiting' },
          { expr: `sum by (namespace, job) (albsp_workqueue_delayed${JOB})`, legend: 'delayed' },
          { expr: `sum by (namespace, job) (albsp_workqueue_running${JOB})`, legend: 'running' },
        ],
      },
      {
        title: 'How long keys wait and run',
        about: 'The wait for a worker, 95 of 100, and the oldest pass that runs.',
        draw: 'lines',
        unit: 's',
        width: 8,
        queries: [
          { expr: quantile(0.95, 'albsp_workqueue_queue_duration_seconds', 'job'), legend: 'wait' },
          {
            expr: `max by (namespace, job) (albsp_workqueue_longest_running_seconds${JOB})`,
            legend: 'oldest pass',
          },
        ],
      },
    ],
  },
  {
    title: 'Process',
    panels: [
      {
        title: 'Event loop',
        about: 'Longest delay in the last half minute. Runbook: AlbspEventLoopBlocked.',
        draw: 'lines',
        unit: 's',
        width: 6,
        queries: [{ expr: `albsp_event_loop_lag_seconds${JOB}`, legend: '{{instance}}' }],
      },
      {
        title: 'CPU',
        about: 'Cores in use.',
        draw: 'lines',
        unit: 'short',
        width: 6,
        queries: [
          {
            expr: `rate(process_cpu_seconds_total${JOB}[$__rate_interval]) and on (job, instance) albsp_build_info`,
            legend: '{{instance}}',
          },
        ],
      },
      {
        title: 'Memory',
        about: 'Resident memory and heap.',
        draw: 'lines',
        unit: 'bytes',
        width: 6,
        queries: [
          {
            expr: `process_resident_memory_bytes${JOB} and on (job, instance) albsp_build_info`,
            legend: '{{instance}} resident',
          },
          {
            expr: `nodejs_heap_size_used_bytes${JOB} and on (job, instance) albsp_build_info`,
            legend: '{{instance}} heap',
          },
        ],
      },
      {
        title: 'Versions',
        about: 'What runs.',
        draw: 'table',
        unit: 'short',
        width: 6,
        queries: [
          {
            expr: `sum by (namespace, job, instance, version, node_version) (albsp_build_info${JOB})`,
            legend: '',
          },
        ],
      },
    ],
  },
];
