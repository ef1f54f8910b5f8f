const DECIMAL = /^(0|[1-9][0-9]*)$/;

/**
 * Compares two resource versions of one resource: negative, zero or positive as `left` is older, the same or newer.
 * Undefined when they can't be compared: an unequal pair of which one is no decimal number, which a proxy in front of
 * the server may make. Versions of one resource are comparable integers since Kubernetes 1.35 (KEP-5504), and have
 * been ever since etcd 3; they may be longer than a number can hold, so they are compared by length, then as text.
 */
export function compareVersions(left: string, right: string): number | undefined {
  if (left === right) return 0;
  if (!DECIMAL.test(left) || !DECIMAL.test(right)) return undefined;
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : 1;
}

/** Whether `left` is surely older than `right`: false when that can't be told. */
export function isOlder(left: string, right: string): boolean {
  const order = compareVersions(left, right);
  return order !== undefined && order < 0;
}
