import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import Database from 'better-sqlite3';

/** On what the figures were measured: without it they mean nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
  /** Of the directory in which the databases lay. On `tmpfs` an fsync costs nothing, and durable rates mean nothing. */
  readonly fileSystem: string;
}

/** Looks at the machine; `scratchPath` is where the databases will lie. */
export async function describeMachine(scratchPath: string): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('-')[0]}`,
    node: process.versions.node,
    sqlite: sqliteVersion(),
    fileSystem: await fileSystemOf(scratchPath),
  };
}

function sqliteVersion(): string {
  const database = new Database(':memory:');
  const version = String(database.prepare('SELECT sqlite_version()').pluck().get());
  database.close();
  return version;
}

/** The type of the mount with the longest path that `path` lies under; the bare number where mounts cannot be listed. */
async function fileSystemOf(path: string): Promise<string> {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8');
  } catch {
    return `type 0x${(await statfs(path)).type.toString(16)}`;
  }
  const candidates = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, place = '']) => place !== '' && `${path}/`.startsWith(place.endsWith('/') ? place : `${place}/`))
    .sort(([, one = ''], [, other = '']) => other.length - one.length);
  return candidates[0]?.[2] ?? 'unknown';
}
