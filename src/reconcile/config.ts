import { conditionOf } from '../domain/condition.ts';
import { nextConfigStatus } from '../domain/configstatus.ts';
import type { AnyConfig } from '../domain/providerconfig.ts';
import { sameContent } from '../domain/status.ts';
import type { Action } from '../ports/action.ts';
import type { Clock, Millis } from '../ports/clock.ts';
import type { Cloud } from '../ports/cloud.ts';
import type { ConfigStore } from '../ports/configs.ts';
import type { Log } from '../ports/log.ts';

/** What one look at a config works with. */
export interface ConfigWorkshop {
  readonly configs: ConfigStore;
  /** The cloud by the credentials of a config. */
  cloudOf(config: AnyConfig): Cloud;
  /** Told when a config can be used, or cannot any more, or is of another account: its dependents want to know. */
  onTurn(config: AnyConfig): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** A rotated Secret is noticed within this: the provider reads it again no later, and the account is asked for anew. */
const LOOK_AGAIN: Millis = 300_000;

/** One look at a provider config: whether its credentials work, and whose they are. Never throws; at most one write. */
export async function reconcileConfig(shop: ConfigWorkshop, key: string): Promise<Action> {
  const config = shop.configs.read(key);
  if (config === undefined) return { kind: 'settled' };
  const account = await shop.cloudOf(config).account();
  const status = nextConfigStatus(config, account, shop.clock.now());
  const action: Action = account.kind === 'ok' ? { kind: 'again', delay: LOOK_AGAIN } : { kind: 'retry' };
  if (sameContent(config.object.status, status)) return action;
  switch (await shop.configs.writeStatus(config, status)) {
    case 'ok':
      if (turned(config, status)) {
        const { reason, status: ready } = conditionOf(status, 'Ready') ?? {};
        shop.log.info('provider config changed', { key, ready, reason });
        shop.onTurn(config);
      }
      return action;
    case 'gone':
      return { kind: 'settled' };
    case 'retry':
      return { kind: 'retry' };
  }
}

function turned({ object }: AnyConfig, status: NonNullable<AnyConfig['object']['status']>): boolean {
  const before = object.status;
  const was = conditionOf(before, 'Ready')?.status;
  return was !== conditionOf(status, 'Ready')?.status || before?.accountId !== status.accountId;
}
