import type { Draft, MessageRecord } from '@agentbus/core';
import type { Connection } from './connection.ts';
import {
  type MessageValues,
  messageColumns,
  type StoredRow,
  selectedColumns,
  toRecord,
  toValues,
} from './message-row.ts';

type DelayedRow = Omit<StoredRow, 'seq'> & { readonly number: number; readonly settled_for: string | null };

/** Messages whose time has not come. */
export interface Delayed {
  /** Puts a message aside. False if its id is aside already. */
  insert(draft: Draft, topic: number): boolean;
  find(id: string): Omit<StoredRow, 'seq'> | undefined;
  /** The number of the newest row, 0 when there is none. Remembered within a transaction. */
  highest(): number;
  /** Takes back what was inserted after row `number`. */
  undo(number: number): void;
  /** Removes and returns what is due, earliest first. */
  takeDue(
    wallNow: number,
    limit: number,
  ): readonly { readonly record: MessageRecord; readonly settledFor: readonly string[] | undefined }[];
  nextAt(): number | undefined;
  /** Ends a transaction: from now on other processes may put messages aside and take them. */
  reset(): void;
}

/** Prepares the statements. */
export function createDelayed(connection: Connection): Delayed {
  const insert = connection.prepare<[...MessageValues, string | null]>(
    `INSERT INTO agentbus_delayed (${messageColumns}, settled_for) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  const from = `SELECT d.number, d.settled_for, ${selectedColumns('d')} FROM agentbus_delayed d JOIN agentbus_topics t ON t.id = d.topic`;
  const find = connection.prepare<[string], DelayedRow>(`${from} WHERE d.id = +?`);
  const highest = connection.prepare<[], number>('SELECT coalesce(max(number), 0) FROM agentbus_delayed').pluck();
  const undo = connection.prepare<[number]>('DELETE FROM agentbus_delayed WHERE number > ?');
  const due = connection.prepare<[number, number], DelayedRow>(
    `${from} WHERE d.deliver_at <= ? ORDER BY d.deliver_at, d.number LIMIT ? + 0`,
  );
  const remove = connection.prepare<[number]>('DELETE FROM agentbus_delayed WHERE number = ?');
  const next = connection.prepare<[], number | null>('SELECT min(deliver_at) FROM agentbus_delayed').pluck();
  // Asked once a transaction instead of once an append, which cost a publish 0.4 µs of 10.
  let newest: number | undefined;
  return {
    insert(draft, topic) {
      newest = undefined;
      const settledFor = draft.settledFor === undefined ? null : JSON.stringify(draft.settledFor);
      return insert.run(...toValues(draft, topic), settledFor).changes > 0;
    },
    find: (id) => find.get(id),
    highest() {
      newest ??= highest.get() ?? 0;
      return newest;
    },
    undo(number) {
      newest = undefined;
      undo.run(number);
    },
    takeDue(wallNow, limit) {
      newest = undefined;
      return due.all(wallNow, limit).map((row) => {
        remove.run(row.number);
        const settledFor: string[] | undefined = row.settled_for === null ? undefined : JSON.parse(row.settled_for);
        return { record: toRecord(row), settledFor };
      });
    },
    nextAt: () => next.get() ?? undefined,
    reset() {
      newest = undefined;
    },
  };
}
