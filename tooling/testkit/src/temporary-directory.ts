import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of one test's own, removed with everything in it when disposed. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** The absolute path, free of symbolic links. */
  readonly path: string;
  /** The path of an entry inside it. */
  join(...parts: string[]): string;
}

/** Makes an empty directory: `await using directory = await temporaryDirectory();` */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'agentbus-test-'));
  return {
    path,
    join: (...parts) => join(path, ...parts),
    // A process that the test has just killed may still be creating files; rm retries until the directory stays empty.
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  };
}
