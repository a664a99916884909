import type { StoreStats, SubscriptionStats, TopicStats } from '@agentbus/core';
import { matches } from '@agentbus/core';
import { and, asc, count, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { OldestOwed } from './oldest-owed.ts';
import { delayed, exceptionStates, exceptions, subscriptions, subscriptionTopics, topics } from './schema.ts';
import type { StoreClock } from './store-clock.ts';

type SubscriptionRow = typeof subscriptions.$inferSelect;

/**
 * Reads the figures of the store. They come from counters, so that looking costs the same however much there is; only
 * retries that are due are counted one by one, by an index that holds nothing else.
 */
export function readStats(db: BetterSQLite3Database, findOldest: OldestOwed, clock: StoreClock): StoreStats {
  const topicStats = readTopics(db);
  const rows = db.select().from(subscriptions).orderBy(asc(subscriptions.name)).all();
  return {
    topics: topicStats.filter((topic) => topic.messages > 0 || topic.delayed > 0),
    subscriptions: rows.map((row) => readSubscription(db, row, topicStats, findOldest, clock)),
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
  findOldest: OldestOwed,
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
  const oldest = findOldest(row);
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

function isInState(state: number): SQL {
  return sql`${exceptions.state} = ${sql.raw(String(state))}`;
}
