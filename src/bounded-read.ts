import { open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;

/** A file that goes on after the most bytes it may have. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
}

/**
 * Reads a whole file, or pipe, of at most `most` bytes. What the system says of its length is not relied on: pipes
 * and devices have none, and a file may grow.
 * @throws TooLong when it is longer; the system's error when it cannot be read
 */
export async function readBounded(file: string, most: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size > most) throw new TooLong(`more than ${most} bytes`);
    const parts: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, Math.min(size, most) - total + 1));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return Buffer.concat(parts, total);
      total += bytesRead;
      if (total > most) throw new TooLong(`more than ${most} bytes`);
      parts.push(chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
