import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { BusError, type Clock, createBell, type Store, storeClosed, systemClock } from '@agentbus/core';
import { createClaiming } from './claiming.ts';
import { type Connection, openConnection } from './connection.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createDoorbell } from './doorbell.ts';
import { createLeases } from './leases.ts';
import { createLog } from './log.ts';
import { migrate } from './migrate.ts';
import { createReading } from './reading.ts';
import { createSettling } from './settling.ts';
import { toBusError } from './sqlite-error.ts';
import { createStartsFile, removeOrphans } from './starts-file.ts';
import { readStats } from './stats.ts';
import { type ClockRecord, createStoreClock, type StoreClock, settleClockRecord } from './store-clock.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createTopics } from './topics.ts';
import { createWaiting } from './waiting.ts';
import { createWriter } from './writer.ts';

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

/** The most dead letters redriven or discarded in one transaction. */
const resolveSlice = 500;

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
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const { durability = 'full', busyTimeoutMs = 30_000, clock = systemClock } = options;
  assertOptions(path, durability, busyTimeoutMs);
  const file = resolve(path);
  const connection = await openConnection(file);
  try {
    migrate(connection, file);
    const record = agreeOnClock(connection, clock);
    const directory = `${file}-run`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return await assemble({
      connection,
      file,
      directory,
      clock,
      storeClock: createStoreClock(clock, record),
      durability,
      busyTimeoutMs,
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

interface Opened {
  readonly connection: Connection;
  readonly file: string;
  readonly directory: string;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly durability: 'full' | 'relaxed';
  readonly busyTimeoutMs: number;
}

async function assemble({
  connection,
  file,
  directory,
  clock,
  storeClock,
  durability,
  busyTimeoutMs,
}: Opened): Promise<Store> {
  const { drizzle } = await import('drizzle-orm/better-sqlite3');
  const url = `sqlite:${file}`;
  const db = drizzle(connection);
  const starts = createStartsFile(directory);
  const topics = createTopics(connection);
  const log = createLog(connection, topics);
  const leases = createLeases(connection, starts);
  const subscriptions = createSubscriptions(connection, topics);
  const waiting = createWaiting(connection);
  const parts = { connection, clock: storeClock, log, subscriptions, leases, waiting, directory };
  const claiming = createClaiming(parts);
  const settle = createSettling(parts);
  const deadLetters = createDeadLetters(connection, subscriptions, waiting);
  const reading = createReading(connection);
  const bell = createBell();
  const doorbell = createDoorbell(connection, directory, () => {
    bell.ring();
    planPromotion();
  });
  /** Whether the running transaction makes something readable or claimable. */
  let news = false;
  let closed = false;
  let cancelPromotion = (): void => {};

  const writer = createWriter({
    connection,
    path: file,
    sync: durability === 'full',
    busyTimeoutMs,
    beforeCommit: () => log.flush(),
    afterCommit() {
      log.reset(false);
      leases.reset(false);
      if (!news) return;
      news = false;
      doorbell.ring();
      bell.ring();
    },
    afterRollback() {
      log.reset(true);
      leases.reset(true);
      news = false;
    },
  });

  function write<Result>(weight: number, run: () => Result, durable = false): Promise<Result> {
    return writer.submit({ durable, weight }, run);
  }

  async function read<Result>(run: () => Result): Promise<Result> {
    if (closed) throw storeClosed(url);
    try {
      return run();
    } catch (error) {
      throw toBusError(error, file);
    }
  }

  /** Sees to it that delayed messages join the log when due, even if nobody claims. */
  function planPromotion(): void {
    cancelPromotion();
    if (closed) return;
    const next = log.nextDelayedAt();
    cancelPromotion = next === undefined ? () => {} : clock.after(next - clock.now(), () => void promote());
  }

  async function promote(): Promise<void> {
    try {
      await write(1, () => {
        if (log.promote(storeClock.wall()) > 0) news = true;
      });
    } catch {
      // Whoever claims next promotes too, and is told why it cannot.
    }
    planPromotion();
  }

  planPromotion();
  removeOrphans(directory, leases.refersTo, Date.now());

  return {
    url,
    async append(drafts) {
      const results = await write(
        drafts.length,
        () => {
          const appended = log.append(drafts, storeClock.wall());
          if (appended.some(({ duplicate }) => !duplicate)) news = true;
          return appended;
        },
        true,
      );
      if (drafts.some(({ deliverAt }) => deliverAt !== undefined)) planPromotion();
      return results;
    },
    openSubscription: (spec) =>
      write(1, () => {
        log.flush();
        return subscriptions.open(spec);
      }),
    removeSubscription: (name) => write(1, () => subscriptions.remove(name)),
    async claim(request) {
      const nothing = await read(() => claiming.peek(request));
      return nothing ?? write(request.limit, () => claiming.claim(request));
    },
    markStarted: (token, seq) => leases.markStarted(token, seq),
    settle: (settlements) =>
      write(settlements.length, () => {
        if (settlements.some(({ outcome }) => outcome.kind === 'retry' || outcome.kind === 'release')) news = true;
        return settle(settlements);
      }),
    renew: (token, leaseMs) =>
      write(1, () => {
        const now = storeClock.now();
        return leases.extend(token, now + leaseMs, now) ? 'ok' : 'stale';
      }),
    head: () => read(() => reading.head()),
    read: (query) => read(() => reading.read(query)),
    deadLetters: (name, query) => read(() => deadLetters.list(name, query)),
    async resolveDead(name, action, { ids, limit = Number.MAX_SAFE_INTEGER }) {
      const done: string[] = [];
      for (let more = true; more && done.length < limit; ) {
        const most = Math.min(resolveSlice, limit - done.length);
        const resolved = await write(most, () => {
          news = true;
          return deadLetters.resolve(name, action, ids === undefined ? {} : { ids }, most);
        });
        done.push(...resolved);
        more = resolved.length === most;
      }
      return done;
    },
    stats: () => read(() => readStats(db, storeClock)),
    watch: (listener) => bell.listen(listener),
    async close() {
      if (closed) return;
      closed = true;
      cancelPromotion();
      await writer.close();
      doorbell.close();
      starts.close(leases.refersTo(starts.name));
      connection.close();
    },
  };
}
