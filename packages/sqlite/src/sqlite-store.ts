import { type Clock, createBell, type Draft, type Store, storeClosed } from '@agentbus/core';
import { createClaiming } from './claiming.ts';
import { type Connection, createSnapshot } from './connection.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createDoorbell, type WakeOptions } from './doorbell.ts';
import { createLeases } from './leases.ts';
import { createLog } from './log.ts';
import { createOldestOwed } from './oldest-owed.ts';
import { createPromoter } from './promoter.ts';
import { createReading } from './reading.ts';
import { createSettling } from './settling.ts';
import { toBusError } from './sqlite-error.ts';
import { createStartsFile, removeOrphans } from './starts-file.ts';
import { readStats } from './stats.ts';
import type { StoreClock } from './store-clock.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createTopics } from './topics.ts';
import { createWaiting } from './waiting.ts';
import { createWriter } from './writer.ts';

/** The most dead letters redriven or discarded in one transaction. */
const resolveSlice = 500;
/** So much of a body takes as long to write as the rest of a row. */
const bodyPerRow = 2_048;

/** A database file that is ready to be used as a store. */
export interface OpenedFile {
  readonly connection: Connection;
  readonly file: string;
  readonly directory: string;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly durability: 'full' | 'relaxed';
  readonly busyTimeoutMs: number;
  readonly wake: WakeOptions;
}

/** Puts the parts of a store together. */
export async function createSqliteStore({
  connection,
  file,
  directory,
  clock,
  storeClock,
  durability,
  busyTimeoutMs,
  wake,
}: OpenedFile): Promise<Store> {
  const { drizzle } = await import('drizzle-orm/better-sqlite3');
  // As store URLs are written: `?` would begin the options.
  const url = `sqlite:${file.replaceAll('%', '%25').replaceAll('?', '%3F')}`;
  const db = drizzle(connection);
  const snapshot = createSnapshot(connection);
  const starts = createStartsFile(directory);
  const topics = createTopics(connection);
  const log = createLog(connection, topics);
  const leases = createLeases(connection, starts);
  const subscriptions = createSubscriptions(connection, topics);
  const waiting = createWaiting(connection);
  /** Whether the running transaction makes something readable or claimable. */
  let news = false;
  const announce = (): void => {
    news = true;
  };
  const parts = { connection, clock: storeClock, log, subscriptions, leases, waiting, directory, announce };
  const claiming = createClaiming(parts);
  const settle = createSettling(parts);
  const deadLetters = createDeadLetters(connection, subscriptions, waiting);
  const reading = createReading(connection);
  const findOldest = createOldestOwed(connection);
  const bell = createBell();
  const promoter = createPromoter({
    clock,
    nextAt: log.nextDelayedAt,
    promote: () =>
      write(1, () => {
        if (log.promote(storeClock.wall()) > 0) announce();
      }),
  });
  removeOrphans(directory, leases.refersTo, Date.now());
  const doorbell = createDoorbell(connection, directory, wake, () => {
    bell.ring();
    promoter.plan();
  });
  let closing: Promise<void> | undefined;

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
    if (closing !== undefined) throw storeClosed(url);
    try {
      return snapshot(run);
    } catch (error) {
      throw toBusError(error, file);
    }
  }

  async function close(): Promise<void> {
    promoter.stop();
    await writer.close();
    try {
      doorbell.close();
      starts.close(leases.refersTo(starts.name));
    } finally {
      connection.close();
    }
  }

  promoter.plan();

  return {
    url,
    async append(drafts) {
      const results = await write(
        weigh(drafts),
        () => {
          const appended = log.append(drafts, storeClock.wall());
          if (appended.some(({ duplicate }) => !duplicate)) announce();
          return appended;
        },
        true,
      );
      if (drafts.some(({ deliverAt }) => deliverAt !== undefined)) promoter.plan();
      return results;
    },
    openSubscription: (spec) =>
      write(1, () => {
        log.flush();
        // Another pattern may match what an idle consumer was not owed before.
        if (spec.update === true) announce();
        return subscriptions.open(spec);
      }),
    removeSubscription: (name) =>
      write(1, () => {
        // Its consumers are to notice.
        announce();
        return subscriptions.remove(name);
      }),
    async claim(request) {
      const nothing = await read(() => claiming.peek(request));
      return nothing ?? write(request.limit, () => claiming.claim(request));
    },
    markStarted: (token, seq) => leases.markStarted(token, seq),
    settle: (settlements) =>
      write(settlements.length, () => {
        if (settlements.some(({ outcome }) => outcome.kind === 'retry' || outcome.kind === 'release')) announce();
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
      // Onwards from the last one: a message that dies again meanwhile is not taken again.
      let afterSeq = 0;
      for (let more = true; more; ) {
        const most = Math.min(resolveSlice, Math.max(0, limit - done.length));
        const resolved = await write(most, () => {
          announce();
          return deadLetters.resolve(name, action, { ids, afterSeq, limit: most });
        });
        done.push(...resolved.map(({ id }) => id));
        afterSeq = resolved.at(-1)?.seq ?? afterSeq;
        more = resolved.length === most && done.length < limit;
      }
      return done;
    },
    stats: () => read(() => readStats(db, findOldest, storeClock)),
    watch: (listener) => bell.listen(listener),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** How many rows these drafts are worth to the writer. */
function weigh(drafts: readonly Draft[]): number {
  return drafts.reduce((sum, { body }) => sum + 1 + body.length / bodyPerRow, 0);
}
