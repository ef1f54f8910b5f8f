import type { Output } from '../../../src/cli/output.ts';

/** An output that keeps what a command writes. */
export interface Captured extends Output {
  out(): string;
  err(): string;
}

/** An empty one. */
export function captured(): Captured {
  let out = '';
  let err = '';
  return {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    out: () => out,
    err: () => err,
  };
}
