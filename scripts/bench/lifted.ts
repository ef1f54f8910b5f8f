/**
 * Loaded into an operator before its bundle (`node --import`): lifts the client-side rate limits, which would let 200
 * policies a minute be created and hide everything that is measured. The one constant is changed as the bundle is
 * loaded; nothing else of it is. Says so on standard error, and the benchmark waits for that line.
 * @module
 */
import { registerHooks } from 'node:module';

const LIMITED = 'function createBuckets(clock, rates = {})';
const LIFTED = 'function createBuckets(clock, rates = "unlimited")';

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.includes('/dist/') || loaded.source === undefined || loaded.source === null) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    if (!source.includes(LIMITED)) return loaded;
    process.stderr.write('bench: rate limits lifted\n');
    return { ...loaded, source: source.replace(LIMITED, LIFTED) };
  },
});
