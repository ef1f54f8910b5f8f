/**
 * The resource that a path names, for metrics: the plural and perhaps the subresource, never a name, so that the
 * number of different answers is small.
 */
export function resourceOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const start = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : 0;
  const rest = parts.slice(start);
  const inside = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  const [plural, , subresource] = inside;
  if (start === 0 || plural === undefined) return 'other';
  return subresource === undefined ? plural : `${plural}/${subresource}`;
}
