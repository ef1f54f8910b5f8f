/**
 * The story of one policy on the stand-ins: `npm run demo`. Ends by itself; exit code 0 when everything was as told.
 * @module
 */
import { tellStory } from '../src/cli/dev/story.ts';

const output = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
};
const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';

process.exitCode = await tellStory(output, { colour });
