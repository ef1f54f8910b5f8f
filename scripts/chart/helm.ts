/**
 * Where the Helms are that the chart is rendered and tested with.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The versions that `test/environment/helm.sh` builds; the two must be changed together. The first one renders. */
export const HELM_VERSIONS = ['v4.3.1', 'v3.22.0'] as const;
/** One of them. */
export type HelmVersion = (typeof HELM_VERSIONS)[number];
/** Builds what is missing. */
export const HELM_COMMAND = 'test/environment/helm.sh';

/** Path of the program, or undefined where it was not built. */
export function findHelm(version: HelmVersion): string | undefined {
  const path = join(homedir(), '.cache', 'albsp', `helm-${version}`, 'helm');
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** What `helm template` is told beside the chart. */
export interface RenderOptions {
  readonly helm: string;
  /** Name of the release. */
  readonly release: string;
  readonly namespace: string;
  /** Values, as JSON is YAML. */
  readonly values: object;
}

/**
 * The text of `helm template`, with the hooks.
 * @throws with what Helm wrote when it fails.
 */
export function renderChart(chart: string, options: RenderOptions): string {
  const { helm, release, namespace, values } = options;
  const args = ['template', release, chart, `--namespace=${namespace}`, '--values=-'];
  return execFileSync(helm, args, {
    input: JSON.stringify(values),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}
