import { constants, type FileHandle, open } from 'node:fs/promises';
import { pause } from '../../support/timer.ts';

/** How long a pipe may be silent, and the time between two looks at it, in milliseconds. */
const pipeLimitMs = 5_000;
const pipePauseMs = 20;

/**
 * Reads a whole file in UTF-8, which may be a pipe, such as `<(gpg -d key.pem.gpg)` of a shell. A pipe to which nobody writes
 * counts as empty, because waiting for it could not be given up, not even by the end of the process.
 * @throws the error of node:fs, or one that says that the pipe was silent.
 */
export async function readText(file: string): Promise<string> {
  // Windows has no O_NONBLOCK.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const chunks: Buffer[] = [];
    for (let chunk = await readChunk(handle); chunk.length > 0; chunk = await readChunk(handle)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } finally {
    await handle.close();
  }
}

/** Reads the next bytes; an empty buffer is the end. */
async function readChunk(handle: FileHandle): Promise<Buffer> {
  for (let waitedMs = 0; waitedMs < pipeLimitMs; waitedMs += pipePauseMs) {
    try {
      const { buffer, bytesRead } = await handle.read();
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await pause(pipePauseMs);
    }
  }
  throw new Error(`nothing comes out of this pipe for ${pipeLimitMs / 1_000} s`);
}
