import { type Draft, unknownSubscription } from '@agentbus/core';
import type { Connection } from './connection.ts';

/** Messages that are stored but not owed to certain subscriptions: `settledFor` of a draft. */
export interface History {
  /** Throws `unknown_subscription` if a draft names one that does not exist. */
  assertKnown(drafts: readonly Draft[]): void;
  /** Notes that a message is history for these subscriptions, and counts it as acked. Their cursors drop the note. */
  note(names: readonly string[] | undefined, topic: number, seq: number): void;
}

/** Prepares the statements. */
export function createHistory(connection: Connection): History {
  const find = connection.prepare<[string], number>('SELECT id FROM agentbus_subscriptions WHERE name = ?').pluck();
  const names = connection.prepare<[], string>('SELECT name FROM agentbus_subscriptions ORDER BY name').pluck();
  const matched = connection.prepare<[number, number]>(
    'SELECT 1 FROM agentbus_subscription_topics WHERE subscription = ? AND topic = ?',
  );
  const insert = connection.prepare<[number, number]>(
    'INSERT INTO agentbus_exceptions (subscription, seq, state) VALUES (?, ?, 5)',
  );
  const count = connection.prepare<[number]>(
    'UPDATE agentbus_subscriptions SET history = history + 1, acked = acked + 1 WHERE id = ?',
  );
  return {
    assertKnown(drafts) {
      for (const { settledFor = [] } of drafts) {
        for (const name of settledFor) if (find.get(name) === undefined) throw unknownSubscription(name, names.all());
      }
    },
    note(wanted = [], topic, seq) {
      for (const name of new Set(wanted)) {
        const id = find.get(name);
        if (id === undefined || matched.get(id, topic) === undefined) continue;
        insert.run(id, seq);
        count.run(id);
      }
    },
  };
}
