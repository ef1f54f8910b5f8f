import { API_VERSION } from '../../api/group.ts';
import type { AnyConfig } from '../../domain/providerconfig.ts';
import type { ConfigStore, ConfigWrite } from '../../ports/configs.ts';
import type { Answer } from './answer.ts';
import { configPath } from './paths.ts';
import type { Transport } from './transport.ts';

/** Reads configs from `view`, and writes their status through the API server. */
export function createConfigStore(
  transport: Pick<Transport, 'call'>,
  view: (key: string) => AnyConfig | undefined,
): ConfigStore {
  return {
    read: view,
    async writeStatus(config, status) {
      const { metadata } = config.object;
      const namespace = config.kind === 'ProviderConfig' ? config.object.metadata.namespace : undefined;
      const path = `${configPath(config.kind, metadata.name, namespace)}/status`;
      const body = { ...config.object, apiVersion: API_VERSION, kind: config.kind, status };
      return resultOf(await transport.call({ verb: 'update', path, body }));
    },
  };
}

function resultOf(answer: Answer): ConfigWrite {
  if (answer.kind === 'ok') return 'ok';
  return answer.kind === 'status' && answer.code === 404 ? 'gone' : 'retry';
}
