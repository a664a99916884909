import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A place for this run alone. */
export interface ScratchDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes a directory that is gone when it is disposed, or when the process exits without that. */
export async function createScratchDirectory(): Promise<ScratchDirectory> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'agentbus-demo-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.on('exit', remove);
  return {
    path,
    async [Symbol.asyncDispose]() {
      // Processes that have just ended may still be letting go of files in it.
      await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      process.off('exit', remove);
    },
  };
}
