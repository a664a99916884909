import type { StoreStats, SubscriptionStats, TopicStats } from '@agentbus/core';
import { matches } from '@agentbus/core';
import { and, asc, count, eq, gt, inArray, lte, min, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { decodeItems } from './lease-items.ts';
import {
  delayed,
  exceptionStates,
  exceptions,
  leases,
  messages,
  subscriptions,
  subscriptionTopics,
  topics,
} from './schema.ts';
import type { StoreClock } from './store-clock.ts';

type SubscriptionRow = typeof subscriptions.$inferSelect;

/**
 * Reads the figures of the store. They come from counters, so that looking costs the same however much there is; only
 * retries that are due are counted one by one, by an index that holds nothing else.
 */
export function readStats(db: BetterSQLite3Database, clock: StoreClock): StoreStats {
  const topicStats = readTopics(db);
  const rows = db.select().from(subscriptions).orderBy(asc(subscriptions.name)).all();
  return {
    topics: topicStats.filter((topic) => topic.messages > 0 || topic.delayed > 0),
    subscriptions: rows.map((row) => readSubscription(db, row, topicStats, clock)),
  };
}

function readTopics(db: BetterSQLite3Database): TopicStats[] {
  const aside = db.select({ topic: delayed.topic, rows: count() }).from(delayed).groupBy(delayed.topic).all();
  const delayedOf = new Map(aside.map(({ topic, rows }) => [topic, rows]));
  const rows = db.select().from(topics).orderBy(asc(topics.name)).all();
  return rows.map(({ id, name, messages: stored }) => ({
    topic: name,
    messages: stored,
    delayed: delayedOf.get(id) ?? 0,
  }));
}

function readSubscription(
  db: BetterSQLite3Database,
  row: SubscriptionRow,
  topicStats: readonly TopicStats[],
  clock: StoreClock,
): SubscriptionStats {
  const reached = db
    .select({ owed: sql<number>`coalesce(sum(${topics.messages} - ${subscriptionTopics.base}), 0)` })
    .from(subscriptionTopics)
    .innerJoin(topics, eq(topics.id, subscriptionTopics.topic))
    .where(eq(subscriptionTopics.subscription, row.id))
    .get();
  const dueNow = countDue(db, row.id, clock.now());
  const delayedFor = topicStats
    .filter(({ topic }) => matches(row.pattern, topic))
    .reduce((sum, topic) => sum + topic.delayed, 0);
  const oldest = findOldest(db, row);
  return {
    name: row.name,
    pattern: row.pattern,
    settings: JSON.parse(row.settings),
    ready: (reached?.owed ?? 0) - row.taken - row.history + dueNow,
    scheduled: row.waiting - dueNow + delayedFor,
    leased: row.leased,
    dead: row.dead,
    acked: row.acked,
    expired: row.expired,
    discarded: row.discarded,
    oldestUnackedMs: oldest === undefined ? undefined : Math.max(0, clock.wall() - oldest),
  };
}

function countDue(db: BetterSQLite3Database, subscription: number, now: number): number {
  // The states are literals, as SQLite reads a partial index only for a literal condition.
  return [exceptionStates.waiting, exceptionStates.suspect].reduce((sum, state) => {
    const condition = and(eq(exceptions.subscription, subscription), isInState(state), lte(exceptions.due, now));
    return sum + (db.select({ rows: count() }).from(exceptions).where(condition).get()?.rows ?? 0);
  }, 0);
}

/** When the oldest message was published that is owed and not settled. */
function findOldest(db: BetterSQLite3Database, row: SubscriptionRow): number | undefined {
  const candidates = [...oldestFresh(db, row), ...oldestWaiting(db, row.id), ...oldestLeased(db, row.id)];
  if (candidates.length === 0) return undefined;
  const seq = candidates.reduce((a, b) => Math.min(a, b));
  return db.select({ at: messages.publishedAt }).from(messages).where(eq(messages.seq, seq)).get()?.at;
}

function oldestFresh(db: BetterSQLite3Database, row: SubscriptionRow): number[] {
  const lanes = [
    { last: topics.last0, cursor: row.cursor0 },
    { last: topics.last1, cursor: row.cursor1 },
    { last: topics.last2, cursor: row.cursor2 },
    { last: topics.last3, cursor: row.cursor3 },
  ];
  return lanes.flatMap(({ last, cursor }, lane) => {
    const busy = db
      .select({ id: topics.id })
      .from(subscriptionTopics)
      .innerJoin(topics, eq(topics.id, subscriptionTopics.topic))
      .where(and(eq(subscriptionTopics.subscription, row.id), gt(last, cursor)))
      .all();
    return busy.flatMap(({ id }) => {
      const condition = and(
        eq(messages.topic, id),
        eq(messages.lane, lane),
        gt(messages.seq, cursor),
        isNoHistory(row),
      );
      return (
        db.select({ seq: messages.seq }).from(messages).where(condition).orderBy(asc(messages.seq)).limit(1).get()
          ?.seq ?? []
      );
    });
  });
}

function isNoHistory(row: SubscriptionRow): SQL | undefined {
  if (row.history === 0) return undefined;
  return sql`NOT EXISTS (SELECT 1 FROM ${exceptions} WHERE ${exceptions.subscription} = ${row.id} AND ${exceptions.seq} = ${messages.seq} AND ${isInState(exceptionStates.history)})`;
}

function oldestWaiting(db: BetterSQLite3Database, subscription: number): number[] {
  const condition = and(
    eq(exceptions.subscription, subscription),
    inArray(exceptions.state, [exceptionStates.waiting, exceptionStates.suspect]),
  );
  const seq = db
    .select({ seq: min(exceptions.seq) })
    .from(exceptions)
    .where(condition)
    .get()?.seq;
  return typeof seq === 'number' ? [seq] : [];
}

function oldestLeased(db: BetterSQLite3Database, subscription: number): number[] {
  const rows = db.select({ items: leases.items }).from(leases).where(eq(leases.subscription, subscription)).all();
  return rows.flatMap(({ items }) => decodeItems(items).items.map(({ seq }) => seq));
}

function isInState(state: number): SQL {
  return sql`${exceptions.state} = ${sql.raw(String(state))}`;
}
