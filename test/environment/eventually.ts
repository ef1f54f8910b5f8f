import { setTimeout as sleep } from 'node:timers/promises';

/** Time between two looks, in milliseconds. Short, so that a test takes as long as the thing it waits for. */
const EVERY_MS = 25;

/**
 * Waits until `probe` gives a value without throwing, so that plain assertions can be waited for.
 * With `steadily`, the only place of the tests that waits.
 * `within` is in milliseconds; `what` names the awaited state in the failure.
 * @throws the last failure of `probe`, as the cause of one that names the time.
 */
export async function eventually<T>(
  probe: () => Promise<T> | T,
  options: { readonly within: number; readonly what?: string },
): Promise<T> {
  const deadline = performance.now() + options.within;
  for (;;) {
    try {
      return await probe();
    } catch (failure) {
      if (performance.now() >= deadline) {
        const what = options.what ?? 'The expected state';
        const last = failure instanceof Error ? failure.message : String(failure);
        throw new Error(`${what} was not reached within ${options.within} ms: ${last}`, { cause: failure });
      }
    }
    await sleep(EVERY_MS);
  }
}

/**
 * Looks at `probe` again and again for `during` milliseconds: what must not happen has not happened.
 * @throws the first failure of `probe`.
 */
export async function steadily(
  probe: () => Promise<void> | void,
  options: { readonly during: number },
): Promise<void> {
  const deadline = performance.now() + options.during;
  do {
    await probe();
    await sleep(EVERY_MS);
  } while (performance.now() < deadline);
  await probe();
}
