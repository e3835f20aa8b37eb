import { constants, type FileHandle, open } from 'node:fs/promises';
import { pause } from '../../support/timer.ts';

/** How long a pipe may say nothing, and how often it is asked. */
const pipeLimitMs = 5_000;
const pipePauseMs = 20;

/**
 * Reads a whole file in UTF-8. It may be a pipe, such as `<(gpg -d key.pem.gpg)` of a shell: one to which nobody writes is
 * empty, because waiting for it could not be given up, not even by the end of the process.
 * @throws what node:fs says, or that the pipe was silent.
 */
export async function readText(file: string): Promise<string> {
  // Windows has no such flag.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const chunks: Buffer[] = [];
    for (let chunk = await readChunk(handle); chunk.length > 0; chunk = await readChunk(handle)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } finally {
    await handle.close();
  }
}

/** What comes next; nothing at the end. */
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
