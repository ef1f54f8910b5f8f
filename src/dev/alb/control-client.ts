import { type ControlRequests, fromJson, toJson } from './control.ts';

/**
 * Asks the control API of a stand-in in another process, for example
 * `askControl(url, 'faults/add', { fault: { kind: 'reset', at: 'after' } })`. Rejects when it does not answer 200.
 */
export async function askControl<Path extends keyof ControlRequests>(
  url: string,
  path: Path,
  request: ControlRequests[Path],
): Promise<unknown> {
  const response = await fetch(`${url}/_control/${path}`, { method: 'POST', body: toJson(request) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`Control "${path}" was answered ${response.status}: ${text}`);
  return fromJson(text);
}
