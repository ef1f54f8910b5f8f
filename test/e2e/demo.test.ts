/** The demo: what a newcomer sees first has to be true, plain in a pipe, and over by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Stage } from '../../src/cli/dev/stage.ts';
import { tellStory } from '../../src/cli/dev/story.ts';

const DEMO = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
const ESCAPE = '\u001b';

/** Tells the story in this process and returns its exit code and text. */
async function told(prepare: (stage: Stage) => void, { colour = false, patience = 15_000 } = {}) {
  const texts: string[] = [];
  const output = { stdout: (part: string) => void texts.push(part), stderr: () => {} };
  const code = await tellStory(output, { colour, patience, prepare });
  return { code, story: texts.join('') };
}

test('the demo tells its story in a pipe without colours, and ends by itself with 0', async () => {
  const child = spawn(process.execPath, [DEMO], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [story, complaints] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode ?? once(child, 'exit'),
  ]);
  expect(complaints).toBe('');
  expect(child.exitCode).toBe(0);
  expect(story).not.toContain(ESCAPE);
  const steps = [
    /1\. A bad policy is refused[\s\S]+422 Invalid[\s\S]+Not usable without TLSv1\.2/,
    /2\. A good policy is applied[\s\S]+CreateSecurityPolicy[\s\S]+Credential=<masked>[\s\S]+id +spy-\w+\n +Ready +True/,
    /3\. A cipher is edited[\s\S]+- {2}ECDHE-RSA-AES128[\s\S]+UpdateSecurityPolicyAttribute[\s\S]+Same id/,
    /4\. Somebody lets a weak cipher in[\s\S]+\+ {2}AES128-SHA[\s\S]+"AES128-SHA" is out again/,
    /5\. A deletion is blocked[\s\S]+In use by lsn-web-443[\s\S]+DeleteSecurityPolicy[\s\S]+Gone from both/,
    /All as told, in \d+\.\d\d s/,
  ];
  for (const step of steps) expect(story).toMatch(step);
});

test('the demo shows neither the key nor a signature, in colour too', async () => {
  let keyId = 'the stage was never prepared';
  const { code, story } = await told(
    (stage) => {
      keyId = stage.keyId;
    },
    { colour: true },
  );
  expect(code).toBe(0);
  expect(story).toContain(`${ESCAPE}[32m`);
  expect(story).toContain('Signature=<masked>');
  expect(story).not.toContain(keyId);
  expect(story).not.toMatch(/Signature=[0-9a-f]/);
});

test('the demo ends with 1 and says what was not as told when the cloud refuses the update', async () => {
  const { code, story } = await told(
    (stage) => {
      const fault = { kind: 'refuse', status: 403, code: 'Forbidden.RAM' } as const;
      stage.alb.faults.add({ action: 'UpdateSecurityPolicyAttribute', times: 1_000, fault });
    },
    { patience: 5_000 },
  );
  expect(code).toBe(1);
  expect(story).toMatch(/expected +"web" to be Ready with the new ciphers/);
  expect(story).toMatch(/seen[\s\S]+Forbidden\.RAM/);
  expect(story).not.toContain('All as told');
});

test('the demo ends with 1 when the cloud says yes and does nothing', async () => {
  const { code, story } = await told(
    (stage) => {
      const fault = {
        kind: 'body',
        at: 'before',
        status: 200,
        body: { RequestId: 'A', JobId: 'B' },
      } as const;
      stage.alb.faults.add({ action: 'DeleteSecurityPolicy', times: 1_000, fault });
    },
    { patience: 5_000 },
  );
  expect(code).toBe(1);
  expect(story).toMatch(/Not as told/);
  expect(story).not.toContain('All as told');
});
