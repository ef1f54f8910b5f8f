import { sumOf } from '../exposition.ts';
import { exactly, type Figure } from '../figure.ts';
import { nameOf, policy, SPEC } from '../policies.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';
import { isReady } from '../watcher.ts';

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
      const requests = async () => {
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
      const figures: Figure[] = [
        exactly('writes from apply to Ready: requests', await requests(), 3),
        exactly('writes from apply to Ready: stored', watcher.versions(name).length - 1, 3),
      ];
      const edits = [
        { what: 'an update of the suites', change: { ciphers: SPEC.ciphers?.slice(1) }, sent: 2 },
        {
          what: 'an update of suites and tags',
          change: { ciphers: SPEC.ciphers, tags: { a: 'b' } },
          sent: 3,
        },
      ];
      for (const { what, change, sent } of edits) {
        const before = { requests: await requests(), versions: watcher.versions(name).length };
        const reference = { kind: 'SecurityPolicy', name, namespace: stage.namespace };
        const { metadata } = await stage.admin.patch(reference, { spec: change });
        await watcher.first(
          name,
          (object) => object.metadata.generation === metadata.generation && isReady(object),
        );
        figures.push(
          exactly(`writes for ${what}: stored`, watcher.versions(name).length - before.versions - 1, 2),
          exactly(`writes for ${what}: requests`, (await requests()) - before.requests, sent),
        );
      }
      return figures;
    } finally {
      await stage.close();
    }
  },
};
