/** Cuts a stream of bytes into lines. */
export interface LineSplitter {
  /** The lines that `chunk` completes, without their end; the rest waits for the next chunk. */
  push(chunk: Uint8Array): Buffer[];
  /** Number of bytes that wait for their line's end. */
  pending(): number;
}

const NEWLINE = 0x0a;

/**
 * Cuts at the byte 0x0A only. Cutting text instead would break characters that span two chunks, and the usual line
 * readers also cut at U+2028, which JSON may hold unescaped.
 */
export function createLineSplitter(): LineSplitter {
  let parts: Uint8Array[] = [];
  let size = 0;
  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        const last = chunk.subarray(start, end);
        lines.push(
          parts.length === 0
            ? Buffer.from(last.buffer, last.byteOffset, last.length)
            : Buffer.concat([...parts, last]),
        );
        parts = [];
        size = 0;
        start = end + 1;
      }
      if (start < chunk.length) {
        parts.push(chunk.subarray(start));
        size += chunk.length - start;
      }
      return lines;
    },
    pending: () => size,
  };
}
