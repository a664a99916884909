import { matches } from '@agentbus/core';
import type { Connection } from './connection.ts';

/** Topics as rows, and which subscriptions each of them reaches. Only for use inside a write transaction. */
export interface Topics {
  /** The id of a topic, which is made on first use and joined to every subscription whose pattern matches it. */
  idOf(name: string): number;
  /** Notes `count` messages on a topic, the newest at `seq` in `lane`. Written by {@link Topics.flush}. */
  added(topic: number, lane: number, seq: number): void;
  /** Writes what was noted: one UPDATE for each topic, however many messages. */
  flush(): void;
  /** Joins a subscription to the topics that its pattern matches, given what lies behind its cursors. */
  join(subscription: number, pattern: string, cursors: readonly number[]): void;
  /** Forgets everything noted, and with `ids` also what it knows of topics, as after a rollback. */
  reset(ids: boolean): void;
}

interface Growth {
  readonly last: [number, number, number, number];
  messages: number;
}

/** Prepares the statements. */
export function createTopics(connection: Connection): Topics {
  const select = connection.prepare<[string], number>('SELECT id FROM agentbus_topics WHERE name = ?').pluck();
  const insert = connection.prepare<[string]>('INSERT INTO agentbus_topics (name) VALUES (?)');
  const grow = connection.prepare<[number, number, number, number, number, number]>(
    'UPDATE agentbus_topics SET last0 = max(last0, ?), last1 = max(last1, ?), last2 = max(last2, ?), last3 = max(last3, ?), messages = messages + ? WHERE id = ?',
  );
  const patterns = connection.prepare<[], { id: number; pattern: string }>(
    'SELECT id, pattern FROM agentbus_subscriptions',
  );
  const names = connection.prepare<[], { id: number; name: string; messages: number; last: number }>(
    'SELECT id, name, messages, max(last0, last1, last2, last3) AS last FROM agentbus_topics',
  );
  const link = connection.prepare<[number, number, number]>(
    'INSERT INTO agentbus_subscription_topics VALUES (?, ?, ?)',
  );
  const unlink = connection.prepare<[number]>('DELETE FROM agentbus_subscription_topics WHERE subscription = ?');
  const countBehind = connection
    .prepare<[number, number, number], number>(
      'SELECT count(*) FROM agentbus_messages INDEXED BY agentbus_messages_by_topic WHERE topic = ? AND lane = ? AND seq <= ?',
    )
    .pluck();
  const ids = new Map<string, number>();
  const growth = new Map<number, Growth>();

  function create(name: string): number {
    const id = Number(insert.run(name).lastInsertRowid);
    for (const subscription of patterns.all()) {
      if (matches(subscription.pattern, name)) link.run(subscription.id, id, 0);
    }
    return id;
  }

  function countAllBehind(topic: number, cursors: readonly number[]): number {
    const counts = cursors.map((cursor, lane) => (cursor === 0 ? 0 : (countBehind.get(topic, lane, cursor) ?? 0)));
    return counts.reduce((sum, rows) => sum + rows, 0);
  }

  function flush(): void {
    for (const [topic, { last, messages }] of growth) grow.run(...last, messages, topic);
    growth.clear();
  }

  return {
    idOf(name) {
      const known = ids.get(name);
      if (known !== undefined) return known;
      const id = select.get(name) ?? create(name);
      ids.set(name, id);
      return id;
    },
    added(topic, lane, seq) {
      const noted = growth.get(topic) ?? { last: [0, 0, 0, 0], messages: 0 };
      noted.last[lane] = seq;
      noted.messages += 1;
      growth.set(topic, noted);
    },
    flush,
    join(subscription, pattern, cursors) {
      flush();
      unlink.run(subscription);
      for (const { id, name, messages, last } of names.all()) {
        if (!matches(pattern, name)) continue;
        // Most subscriptions begin at one of the two ends, where nothing has to be counted.
        const isBehind = cursors.every((cursor) => cursor >= last);
        link.run(subscription, id, isBehind ? messages : countAllBehind(id, cursors));
      }
    },
    reset(forgetIds) {
      growth.clear();
      if (forgetIds) ids.clear();
    },
  };
}
