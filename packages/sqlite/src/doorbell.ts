import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from './connection.ts';

/**
 * How processes on one store wake each other: a file beside the database is written after each commit that makes
 * something readable or claimable, and everybody watches that file. Rung after COMMIT, so whoever wakes up sees the
 * commit. Watching the WAL file instead loses wake-ups: its events come before the commit is visible.
 *
 * A slow look at SQLite's own change counter stands behind it, for file systems that report no events.
 */
export interface Doorbell {
  /** Wakes the other processes. */
  ring(): void;
  close(): void;
}

/** How a store hears of what other processes commit. */
export interface WakeOptions {
  /** Whether to watch the bell. */
  readonly doorbell: boolean;
  /** How often to look at the change counter; undefined for never. */
  readonly backstopMs: number | undefined;
}

/** Both ways, as every store uses them. An idle process pays about 20 µs for each look at the counter. */
export const defaultWake: WakeOptions = { doorbell: true, backstopMs: 500 };

/** Starts to watch. `onNews`, which must not throw, is called when another process has committed something. */
export function createDoorbell(
  connection: Connection,
  directory: string,
  { doorbell, backstopMs }: WakeOptions,
  onNews: () => void,
): Doorbell {
  const path = join(directory, 'bell');
  const bell = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const stroke = Buffer.from('.');
  const version = connection.prepare<[], number>('PRAGMA data_version').pluck();
  let seen = readVersion();

  /** Our own commits do not move the counter, so our own ringing wakes nobody here. */
  function look(): void {
    const now = readVersion();
    if (now !== undefined && now === seen) return;
    seen = now;
    onNews();
  }

  /** Undefined if the file cannot be read: whoever is woken then asks the store, and hears why. */
  function readVersion(): number | undefined {
    try {
      return version.get();
    } catch {
      return undefined;
    }
  }

  const watcher = doorbell ? watchOrNot(path, look) : undefined;
  const backstop = backstopMs === undefined ? undefined : setInterval(look, backstopMs);
  backstop?.unref();
  return {
    ring() {
      try {
        // Always the same byte: the file must not grow.
        writeSync(bell, stroke, 0, 1, 0);
      } catch {
        // The disk is full. What was committed is committed all the same, and the others have their backstop.
      }
    },
    close() {
      clearInterval(backstop);
      watcher?.close();
      closeSync(bell);
    },
  };
}

/** The watcher, or undefined where the system has no watches left: then the backstop must do. */
function watchOrNot(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
