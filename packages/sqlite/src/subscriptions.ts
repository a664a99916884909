import { agreeOnSettings, type SubscriptionSettings, type SubscriptionSpec, unknownSubscription } from '@agentbus/core';
import type { Connection } from './connection.ts';
import type { Topics } from './topics.ts';

/** What claiming needs to know of a subscription. */
export interface SubscriptionRow {
  readonly id: number;
  readonly cursor0: number;
  readonly cursor1: number;
  readonly cursor2: number;
  readonly cursor3: number;
  readonly turn: number;
  readonly leases: number;
  readonly history: number;
}

/** By how much the figures of a subscription change. */
interface Change {
  readonly taken?: number;
  readonly leased?: number;
  readonly waiting?: number;
  readonly history?: number;
  readonly dead?: number;
  readonly acked?: number;
  readonly expired?: number;
  readonly discarded?: number;
}

/** Subscriptions as rows. */
export interface Subscriptions {
  open(spec: SubscriptionSpec): SubscriptionSettings;
  /** Deletes a subscription and everything it was owed. */
  remove(name: string): boolean;
  /** Throws `unknown_subscription`. */
  require(name: string): SubscriptionRow;
  change(id: number, change: Change): void;
  /** Moves the cursors on after a claim and counts the lease. */
  advance(id: number, cursors: readonly number[], tookFresh: boolean): void;
}

/** Prepares the statements. */
export function createSubscriptions(connection: Connection, topics: Topics): Subscriptions {
  const columns = 'id, cursor0, cursor1, cursor2, cursor3, turn, leases, history';
  const find = connection.prepare<[string], SubscriptionRow>(
    `SELECT ${columns} FROM agentbus_subscriptions WHERE name = ?`,
  );
  const names = connection.prepare<[], string>('SELECT name FROM agentbus_subscriptions ORDER BY name').pluck();
  const standing = connection.prepare<[string], { pattern: string; settings: string }>(
    'SELECT pattern, settings FROM agentbus_subscriptions WHERE name = ?',
  );
  const insert = connection.prepare<[string, string, string, number, number, number, number, number]>(
    'INSERT INTO agentbus_subscriptions (name, pattern, settings, started_after, cursor0, cursor1, cursor2, cursor3) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const configure = connection.prepare<[string, string, number]>(
    'UPDATE agentbus_subscriptions SET pattern = ?, settings = ? WHERE id = ?',
  );
  // Notes on topics that the pattern does not match stay, in case another pattern does again; they count for nothing.
  const restart = connection.prepare<[number]>(
    `UPDATE agentbus_subscriptions AS s SET taken = 0, history = (SELECT count(*) FROM agentbus_exceptions e JOIN agentbus_messages m ON m.seq = e.seq JOIN agentbus_subscription_topics st ON st.subscription = e.subscription AND st.topic = m.topic WHERE e.subscription = s.id AND e.state = 5 AND m.seq > CASE m.lane WHEN 0 THEN s.cursor0 WHEN 1 THEN s.cursor1 WHEN 2 THEN s.cursor2 ELSE s.cursor3 END) WHERE s.id = ?`,
  );
  const head = connection.prepare<[], number>('SELECT head FROM agentbus_meta WHERE id = 1').pluck();
  const add = connection.prepare<[number, number, number, number, number, number, number, number, number]>(
    'UPDATE agentbus_subscriptions SET taken = taken + ?, leased = leased + ?, waiting = waiting + ?, history = history + ?, dead = dead + ?, acked = acked + ?, expired = expired + ?, discarded = discarded + ? WHERE id = ?',
  );
  const advance = connection.prepare<[number, number, number, number, number, number]>(
    'UPDATE agentbus_subscriptions SET cursor0 = ?, cursor1 = ?, cursor2 = ?, cursor3 = ?, turn = turn + ?, leases = leases + 1 WHERE id = ?',
  );
  const removals = ['agentbus_leases', 'agentbus_exceptions', 'agentbus_subscription_topics'].map((table) =>
    connection.prepare<[number]>(`DELETE FROM ${table} WHERE subscription = ?`),
  );
  const remove = connection.prepare<[number]>('DELETE FROM agentbus_subscriptions WHERE id = ?');

  function create({ name, pattern, settings, from }: SubscriptionSpec): void {
    const last = head.get() ?? 0;
    const start = from === 'all' ? 0 : from === 'new' ? last : Math.min(from.seq, last);
    const id = Number(
      insert.run(name, pattern, JSON.stringify(settings), start, start, start, start, start).lastInsertRowid,
    );
    topics.join(id, pattern, [start, start, start, start]);
  }

  return {
    open(spec) {
      const row = standing.get(spec.name);
      if (row === undefined) {
        create(spec);
        return spec.settings;
      }
      const settings = agreeOnSettings({ pattern: row.pattern, settings: JSON.parse(row.settings) }, spec);
      const found = find.get(spec.name);
      if (found === undefined) return settings;
      configure.run(spec.pattern, JSON.stringify(settings), found.id);
      if (spec.pattern !== row.pattern) {
        topics.join(found.id, spec.pattern, [found.cursor0, found.cursor1, found.cursor2, found.cursor3]);
        restart.run(found.id);
      }
      return settings;
    },
    remove(name) {
      const row = find.get(name);
      if (row === undefined) return false;
      for (const removal of removals) removal.run(row.id);
      return remove.run(row.id).changes > 0;
    },
    require(name) {
      const row = find.get(name);
      if (row === undefined) throw unknownSubscription(name, names.all());
      return row;
    },
    change(id, { taken = 0, leased = 0, waiting = 0, history = 0, dead = 0, acked = 0, expired = 0, discarded = 0 }) {
      add.run(taken, leased, waiting, history, dead, acked, expired, discarded, id);
    },
    advance(id, [cursor0 = 0, cursor1 = 0, cursor2 = 0, cursor3 = 0], tookFresh) {
      advance.run(cursor0, cursor1, cursor2, cursor3, tookFresh ? 1 : 0, id);
    },
  };
}
