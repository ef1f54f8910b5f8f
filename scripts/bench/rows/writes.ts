import { setTimeout as sleep } from 'node:timers/promises';
import { sumOf } from '../exposition.ts';
import { exactly, type Figure, noted } from '../figure.ts';
import { nameOf, policy, SPEC } from '../policies.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';
import { isReady } from '../watcher.ts';

/** In milliseconds. */
const SETTLE = 300;

/** What one policy costs the API server. Stored versions are counted by a watch, requests by the operator's metrics. */
export const writes: Row = {
  name: 'writes',
  async measure({ server }) {
    const stage = await Stage.open(server);
    try {
      const watcher = await stage.watch();
      const operator = await stage.startOperator();
      await operator.whenLog('Working');
      const name = nameOf(1);
      // The watch may show a write before its answer has reached the operator, which then counts it.
      const requests = async () => {
        await sleep(SETTLE);
        const { text } = await operator.get('/metrics');
        return ['update', 'patch'].reduce(
          (sum, verb) =>
            sum +
            sumOf(text, 'albsp_kube_requests_total', { verb, resource: 'securitypolicies' }) +
            sumOf(text, 'albsp_kube_requests_total', { verb, resource: 'securitypolicies/status' }),
          0,
        );
      };
      await stage.admin.create(policy(stage.namespace, name));
      await watcher.first(name, isReady);
      // A cloud that is Configuring for a while costs one more write that says so; it is noted at the end.
      await stage.cloud.ask('options/set', { updateConfiguring: 0 });
      const figures: Figure[] = [
        exactly('writes from apply to Ready: requests', await requests(), 3),
        exactly('writes from apply to Ready: stored', watcher.versions(name).length - 1, 3),
      ];
      /** Changes the spec, waits for Ready and answers how many versions the operator stored for it. */
      const edit = async (spec: object) => {
        const before = watcher.versions(name).length;
        const reference = { kind: 'SecurityPolicy', name, namespace: stage.namespace };
        const { metadata } = await stage.admin.patch(reference, { spec });
        await watcher.first(
          name,
          (object) => object.metadata.generation === metadata.generation && isReady(object),
        );
        await sleep(SETTLE);
        return watcher.versions(name).length - before - 1;
      };
      const edits = [
        { what: 'an update of the suites', change: { ciphers: SPEC.ciphers?.slice(1) }, sent: 2 },
        {
          what: 'an update of suites and tags',
          change: { ciphers: SPEC.ciphers, tags: { a: 'b' } },
          sent: 3,
        },
      ];
      for (const { what, change, sent } of edits) {
        const before = await requests();
        const stored = await edit(change);
        figures.push(
          exactly(`writes for ${what}: stored`, stored, 2),
          exactly(`writes for ${what}: requests`, (await requests()) - before, sent),
        );
      }
      await stage.cloud.ask('options/set', { updateConfiguring: 1000 });
      const stored = await edit({ ciphers: SPEC.ciphers?.slice(2) });
      return [...figures, noted('writes for an update that is Configuring for 1 s: stored', String(stored))];
    } finally {
      await stage.close();
    }
  },
};
