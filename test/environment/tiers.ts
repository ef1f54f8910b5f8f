import { describe, inject } from 'vitest';
import { BUILD_COMMAND } from './binaries.ts';

/** Stands in the name of each suite that is skipped, so that no summary hides it. */
const WHY_SKIPPED = `skipped: no binaries, '${BUILD_COMMAND}' builds them`;

/** A suite that only the real API server can judge. */
export function describeReal(name: string, define: () => void): void {
  if (inject('realServer') === null) describe.skip(`${name} [real API server, ${WHY_SKIPPED}]`, define);
  else describe(`${name} [real API server]`, define);
}
