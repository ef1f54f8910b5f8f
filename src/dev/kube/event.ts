import type { JsonObject, KubeObject } from './object.ts';

// Fields of a core/v1 Event and what events.k8s.io/v1 calls them (k8s.io/kubernetes/pkg/apis/events/v1/conversion.go).
const NAMES: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];

function renamed(object: JsonObject, from: 0 | 1, to: 0 | 1): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      NAMES.find((names) => names[from] === key)?.[to] ?? key,
      value,
    ]),
  );
}

// Fields that the real server shows also when nobody set them.
const EMPTY = { eventTime: null, firstTimestamp: null, lastTimestamp: null, source: {} };

/** An Event of either group as it is stored: in the form of core/v1. */
export function storedEvent(object: JsonObject): JsonObject {
  return { ...EMPTY, ...renamed(object, 1, 0), apiVersion: 'v1', kind: 'Event' };
}

/** A stored Event as `events.k8s.io/v1` shows it. */
export function shownEvent(object: KubeObject): KubeObject {
  const shown = renamed(object, 0, 1);
  return { ...shown, apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: object.metadata };
}
