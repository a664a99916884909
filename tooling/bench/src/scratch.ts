import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where databases of this run lie. */
export interface Scratch {
  readonly path: string;
  /** Makes an empty directory for one contestant and returns its path. */
  directory(name: string): string;
  /** Removes what lies in such a directory. */
  clear(name: string): void;
}

/**
 * Makes a directory under the system's temporary one. It is removed when the process exits, however it does: hence the
 * synchronous calls, and the signals turned into exits.
 */
export function createScratch(): Scratch {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'agentbus-bench-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  return {
    path,
    directory(name) {
      const directory = join(path, name);
      mkdirSync(directory);
      return directory;
    },
    clear: (name) => rmSync(join(path, name), { recursive: true, force: true }),
  };
}
