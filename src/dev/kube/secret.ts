import { isJsonObject, type JsonObject } from './object.ts';

/** A Secret with `stringData` moved to `data`, as the server stores it. */
export function storedSecret(object: JsonObject): JsonObject {
  const { stringData, ...rest } = object;
  const type = rest.type ?? 'Opaque';
  if (!isJsonObject(stringData)) return { ...rest, type };
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value), 'utf8').toString('base64'),
  ]);
  return {
    ...rest,
    type,
    data: { ...(isJsonObject(rest.data) ? rest.data : {}), ...Object.fromEntries(encoded) },
  };
}
