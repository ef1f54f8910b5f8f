/**
 * Says what a test run came to: what failed and what was skipped by name, and as the last line
 * `N passed, N failed, N skipped`. Ends with 1 when anything failed, a step before the tests included.
 * Usage: `node scripts/summary.ts REPORT EXIT_CODE [FAILED_STEP...]`, REPORT by the JSON reporter of vitest.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { z } from 'zod';

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});
type File = z.infer<typeof report>['testResults'][number];

interface Counts {
  passed: number;
  readonly failed: string[];
  readonly skipped: string[];
}

/** A file that could not be loaded or set up counts as one failure, though none of its tests did fail. */
function count(file: File, counts: Counts): void {
  const path = relative('.', file.name);
  const before = counts.failed.length;
  for (const { fullName, status } of file.assertionResults) {
    if (status === 'passed') counts.passed += 1;
    else if (status === 'failed') counts.failed.push(`${path}: ${fullName}`);
    else counts.skipped.push(`${path}: ${fullName}`);
  }
  if (file.status === 'failed' && counts.failed.length === before) {
    counts.failed.push(`${path}: ${file.message.split('\n')[0]}`);
  }
}

async function readReport(path: string): Promise<readonly File[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text === '' ? [] : report.parse(JSON.parse(text)).testResults;
}

const [path = '', exitCode = '1', ...steps] = process.argv.slice(2);
const counts: Counts = { passed: 0, failed: [...steps], skipped: [] };
for (const file of await readReport(path)) count(file, counts);
// Set-up that failed, an unhandled rejection, a time-out of the run: no test failed, and still nothing is proved.
if (exitCode !== '0' && counts.failed.length === steps.length) {
  counts.failed.push(`npm test ended with exit code ${exitCode}`);
}
if (counts.passed === 0 && counts.failed.length === 0) counts.failed.push('No test ran');
for (const name of counts.skipped) console.log(`skipped: ${name}`);
for (const name of counts.failed) console.log(`failed: ${name}`);
console.log(`${counts.passed} passed, ${counts.failed.length} failed, ${counts.skipped.length} skipped`);
process.exitCode = counts.failed.length === 0 ? 0 : 1;
