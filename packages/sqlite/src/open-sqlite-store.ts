import { mkdirSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { BusError, type Clock, type Store, systemClock } from '@agentbus/core';
import { retryWhileBusy } from './busy.ts';
import { type Connection, openConnection } from './connection.ts';
import { defaultWake, type WakeOptions } from './doorbell.ts';
import { migrate } from './migrate.ts';
import { toBusError } from './sqlite-error.ts';
import { createSqliteStore } from './sqlite-store.ts';
import { type ClockRecord, createStoreClock, settleClockRecord } from './store-clock.ts';

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * What a resolved `publish` means. `full`: the message is on the disk and survives a power cut (an fsync for each
   * group of messages). `relaxed`: it survives the death of every process, but a power cut or a crash of the operating
   * system may take the last messages, never part of a batch and never older ones. Default: `full`.
   */
  readonly durability?: 'full' | 'relaxed';
  /**
   * How long a write waits while other programs hold the file's write lock. Waiting blocks nothing else. Then it is
   * rejected with `store_busy`. Default: 30 s, as locks of AgentBus itself last milliseconds.
   */
  readonly busyTimeoutMs?: number;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Opens or creates a store in one SQLite file. Any number of processes may have it open at the same time. Beside the
 * file lie SQLite's own `-wal` and `-shm`, and a directory `-run` with the doorbell and the records of started work.
 *
 * ```ts
 * const bus = await openBus({ store: await openSqliteStore('./bus.db') });
 * ```
 *
 * @throws BusError `store_incompatible` for a file of a newer AgentBus or of another application, or when
 * better-sqlite3 does not fit; `store_failed` when the file cannot be opened; `invalid_option`.
 */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  return openWakingBy(defaultWake, path, options);
}

/** Opens a store that hears of other processes in certain ways only, so that each way can be proved to do alone. */
export async function openWakingBy(wake: WakeOptions, path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const { durability = 'full', busyTimeoutMs = 30_000, clock = systemClock } = options;
  assertOptions(path, durability, busyTimeoutMs);
  const file = resolve(path);
  const connection = await openConnection(file, busyTimeoutMs);
  try {
    const record = await retryWhileBusy(busyTimeoutMs, () => {
      migrate(connection, file);
      return agreeOnClock(connection, clock);
    });
    // Where the file really is, as others may have opened it under another name.
    const directory = `${realpathSync(file)}-run`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return await createSqliteStore({
      connection,
      file,
      directory,
      clock,
      storeClock: createStoreClock(clock, record),
      durability,
      busyTimeoutMs,
      wake,
    });
  } catch (error) {
    connection.close();
    throw toBusError(error, file);
  }
}

function assertOptions(path: string, durability: string, busyTimeoutMs: number): void {
  if (path === '' || path === ':memory:' || path.startsWith('file:')) {
    throw new BusError(
      'invalid_option',
      `${JSON.stringify(path)} is no file path. For a bus in memory use createMemoryStore() of @agentbus/core.`,
    );
  }
  if (durability !== 'full' && durability !== 'relaxed') {
    throw new BusError(
      'invalid_option',
      `durability is ${JSON.stringify(durability)}; it must be "full" or "relaxed".`,
    );
  }
  if (!Number.isFinite(busyTimeoutMs) || busyTimeoutMs < 0) {
    throw new BusError(
      'invalid_option',
      `busyTimeoutMs is ${busyTimeoutMs}; it must be a number of milliseconds, at least 0.`,
    );
  }
}

/** Fixes store time for this boot, if no process has done so before. */
function agreeOnClock(connection: Connection, clock: Clock): ClockRecord {
  const select = connection.prepare<[], ClockRecord>(
    'SELECT boot, clock_offset AS clockOffset FROM agentbus_meta WHERE id = 1',
  );
  const known = select.get();
  if (known !== undefined && settleClockRecord(clock, known) === known) return known;
  const agree = connection.transaction(() => {
    const found = select.get();
    const record = settleClockRecord(clock, found);
    connection
      .prepare(
        'INSERT INTO agentbus_meta VALUES (1, 0, ?, ?) ON CONFLICT (id) DO UPDATE SET boot = excluded.boot, clock_offset = excluded.clock_offset',
      )
      .run(record.boot, record.clockOffset);
    return record;
  });
  return agree.immediate();
}
