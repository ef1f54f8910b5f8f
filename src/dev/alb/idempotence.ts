import type { Context } from './context.ts';
import { type Outcome, refused } from './outcome.ts';
import { bodyHash, flag, type Parameters, text } from './parameters.ts';
import type { SpentToken, World } from './world.ts';

/** Codes after which the same request may succeed: they never spend a token. */
const TRY_LATER = /^(Throttling|IncorrectStatus|SystemBusy|Idempotence)/;

function forgetExpired(world: World, before: number): void {
  for (const [key, token] of world.tokens) {
    if (token.at > before) return;
    world.tokens.delete(key);
  }
}

function replay(context: Context, spent: SpentToken, hash: string): Outcome {
  if (spent.bodyHash !== hash)
    return refused(
      400,
      'IdempotenceSignatureMismatch',
      'The idempotence token of request is same with the prev one, but the signature is different.',
    );
  if (context.now < spent.at + context.options.tokenProcessing)
    return refused(400, 'IdempotenceProcessing', 'The request with this token is being processed.');
  const { outcome } = spent;
  return outcome.kind === 'done' ? { kind: 'done', body: outcome.body } : outcome;
}

/**
 * Carries out a request at most once for its ClientToken: the same request again gets the first outcome, another one
 * under the same token a mismatch. Without a token it is just carried out.
 */
export function once(
  context: Context,
  action: string,
  parameters: Parameters,
  perform: () => Outcome,
): Outcome {
  const token = text(parameters, 'ClientToken');
  if (token === undefined) return perform();
  const { world, now, options } = context;
  forgetExpired(world, now - options.tokenRetention);
  const key = `${action} ${token}`;
  const hash = bodyHash(parameters);
  const spent = world.tokens.get(key);
  if (spent !== undefined) return replay(context, spent, hash);
  const outcome = perform();
  if (options.tokenRetention > 0 && spends(outcome, flag(parameters, 'DryRun'), context))
    world.tokens.set(key, { bodyHash: hash, outcome, at: now });
  return outcome;
}

function spends(outcome: Outcome, dryRun: boolean, { options }: Context): boolean {
  if (dryRun) return options.dryRunSpendsToken;
  switch (outcome.kind) {
    case 'done':
      return true;
    case 'refused':
      return options.tokenKeepsRefusal && !TRY_LATER.test(outcome.refusal.code);
  }
}

/** The answer to a passed precheck: an error code by contract, whatever its status. */
export function prechecked({ options }: Context): Outcome {
  const code = 'DryRunOperation';
  const message = 'Request validation has been passed with DryRun flag set.';
  return refused(options.dryRunStatus, code, message);
}
