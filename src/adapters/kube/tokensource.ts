import type { Clock, Millis } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

/** How long a token is used before its source is asked again: what client-go and kube-rs do for token files. */
const MAX_AGE: Millis = 60_000;

/**
 * Keeps a bearer token in memory. The source is asked when the token is 60 s old, and at once when `fresh` is wanted;
 * callers that come meanwhile share one question. *Errors*: logged; the old token is kept.
 */
export function createTokenSource(
  read: () => Promise<string | undefined>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): (fresh?: boolean) => Promise<string | undefined> {
  let token: string | undefined;
  let readAt: Millis | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      token = await read();
    } catch (error) {
      log.warn('Kubernetes token could not be read, the old one stays in use', {
        error: error instanceof Error ? error.message : 'unknown',
      });
    }
    // Set also after a failure: an unreadable file must not be read once a request.
    readAt = clock.monotonic();
    asking = undefined;
  }

  return async (fresh = false) => {
    const young = readAt !== undefined && clock.monotonic() - readAt < MAX_AGE;
    if (!young || fresh) {
      asking ??= ask();
      await asking;
    }
    return token;
  };
}
