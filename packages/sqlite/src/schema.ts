import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

// An append-only log, one cursor per subscription and lane, one row per leased batch, and rows for the exceptions only.
// A delivery is in exactly one place: beyond its cursor (pending), in a lease (in flight), among the exceptions, or
// nowhere (acked). So a publish costs the same however many subscribe, and a claim the same whatever the backlog.
//
// "Store time" is the machine's monotonic clock plus an offset fixed once per boot, in milliseconds; see store-clock.ts.

/** Facts about the file: the boot in which store time was last fixed, its offset, the newest `seq`. */
export const meta = sqliteTable('agentbus_meta', {
  id: integer().primaryKey(),
  /** The `seq` given last. Kept here, not by AUTOINCREMENT: one write a commit instead of one a message. */
  head: integer().notNull(),
  boot: text().notNull(),
  clockOffset: real('clock_offset').notNull(),
});

/** A topic exists from its first message on. `last0` to `last3` are its newest `seq` by priority lane. */
export const topics = sqliteTable('agentbus_topics', {
  id: integer().primaryKey(),
  name: text().notNull().unique(),
  last0: integer().notNull().default(0),
  last1: integer().notNull().default(0),
  last2: integer().notNull().default(0),
  last3: integer().notNull().default(0),
  messages: integer().notNull().default(0),
});

/** The columns of the log and of what is about to join it. A function, as a column object belongs to one table. */
const messageColumns = () => ({
  id: text().notNull().unique(),
  topic: integer().notNull(),
  lane: integer().notNull(),
  // Times are whole milliseconds as a rule; SQLite keeps fractions in integer columns as they are.
  publishedAt: integer('published_at').notNull(),
  deliverAt: integer('deliver_at'),
  expiresAt: integer('expires_at'),
  key: text(),
  source: text().notNull(),
  /** Null where it is the message's own id, as for most messages. */
  correlationId: text('correlation_id'),
  causationId: text('causation_id'),
  /** A JSON object, null where empty. */
  headers: text(),
  body: text().notNull(),
});

/** The log. */
export const messages = sqliteTable(
  'agentbus_messages',
  { seq: integer().primaryKey(), ...messageColumns() },
  (table) => [
    // The primary key is part of every index, so this one yields a topic's lane in order of `seq`.
    index('agentbus_messages_by_topic').on(table.topic, table.lane),
  ],
);

/** Messages whose time has not come. They get their `seq` when it does, so that no cursor can step over one. */
export const delayed = sqliteTable(
  'agentbus_delayed',
  { number: integer().primaryKey(), ...messageColumns(), settledFor: text('settled_for') },
  (table) => [index('agentbus_delayed_by_time').on(table.deliverAt)],
);

/** Durable subscriptions. The cursors are the last `seq` passed in each lane. */
export const subscriptions = sqliteTable('agentbus_subscriptions', {
  // Never used twice: lease tokens are made of it.
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull().unique(),
  pattern: text().notNull(),
  settings: text().notNull(),
  /** The `seq` after which it began to be owed anything. */
  startedAfter: integer('started_after').notNull(),
  cursor0: integer().notNull(),
  cursor1: integer().notNull(),
  cursor2: integer().notNull(),
  cursor3: integer().notNull(),
  /** Claims that took new messages; chooses the lane, see `laneOrder`. */
  turn: integer().notNull().default(0),
  /** Leases handed out; the second half of their tokens. */
  leases: integer().notNull().default(0),
  /** Messages that its cursors have passed. */
  taken: integer().notNull().default(0),
  leased: integer().notNull().default(0),
  waiting: integer().notNull().default(0),
  /** Messages that are history for it and that its cursors have not passed yet. */
  history: integer().notNull().default(0),
  dead: integer().notNull().default(0),
  acked: integer().notNull().default(0),
  expired: integer().notNull().default(0),
  discarded: integer().notNull().default(0),
});

/** Which topics a subscription's pattern matches, so that nobody matches patterns while claiming. */
export const subscriptionTopics = sqliteTable(
  'agentbus_subscription_topics',
  {
    subscription: integer().notNull(),
    topic: integer().notNull(),
    /** Messages of the topic that lay behind the cursors when the two met, and are not owed. */
    base: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.subscription, table.topic] })],
);

/** One row per claimed batch. */
export const leases = sqliteTable(
  'agentbus_leases',
  {
    subscription: integer().notNull(),
    number: integer().notNull(),
    /** Store time. */
    until: real().notNull(),
    consumer: text().notNull(),
    /** Where the holder records starts: the name of its file and the place in it. */
    startsFile: text('starts_file').notNull(),
    startsSlot: integer('starts_slot').notNull(),
    /** JSON, see lease-items.ts. */
    items: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subscription, table.number] }),
    index('agentbus_leases_by_end').on(table.subscription, table.until),
  ],
);

/** The states of an exception. Literals, because SQLite uses a partial index only for a literal condition. */
export const exceptionStates = { waiting: 1, suspect: 2, dead: 3, expired: 4, history: 5 } as const;

/** Deliveries that are neither pending, leased nor acked. */
export const exceptions = sqliteTable(
  'agentbus_exceptions',
  {
    subscription: integer().notNull(),
    seq: integer().notNull(),
    state: integer().notNull(),
    /** Store time; 0 means at once, which no clock can contradict. */
    due: real().notNull().default(0),
    starts: integer().notNull().default(0),
    redrives: integer().notNull().default(0),
    /** JSON array of failures. */
    failures: text().notNull().default('[]'),
    reason: text(),
    detail: text(),
    /** Wall clock. */
    diedAt: integer('died_at'),
  },
  (table) => [
    primaryKey({ columns: [table.subscription, table.seq] }),
    // One partial index for each state: one index over mixed states made a claim 100 times slower behind 100,000 rows.
    index('agentbus_exceptions_waiting').on(table.subscription, table.due, table.seq).where(sql`state = 1`),
    index('agentbus_exceptions_suspect').on(table.subscription, table.due, table.seq).where(sql`state = 2`),
    index('agentbus_exceptions_dead').on(table.subscription, table.seq).where(sql`state = 3`),
  ],
);
