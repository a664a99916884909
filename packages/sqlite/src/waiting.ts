import type { Failure, StoredMessage } from '@agentbus/core';
import type { Statement } from 'better-sqlite3';
import type { Connection } from './connection.ts';
import { type StoredRow, selectedColumns, toRecord } from './message-row.ts';

/** A delivery that is owed again, and is due. */
interface DueDelivery extends StoredMessage {
  readonly starts: number;
  readonly redrives: number;
  readonly failures: readonly Failure[];
}

interface DueRow extends StoredRow {
  readonly starts: number;
  readonly redrives: number;
  readonly failures: string;
}

/** Deliveries that came back: retries, released ones, redriven ones, and what was taken from leases that ran out. */
export interface Waiting {
  /** Whether a suspect is due. */
  hasSuspect(subscription: number, now: number): boolean;
  /** Removes and returns what is due, longest due first. */
  take(subscription: number, suspects: boolean, now: number, limit: number): readonly DueDelivery[];
  /** Puts a delivery back. `due` in store time, 0 for at once. */
  put(subscription: number, delivery: Returned): void;
  /** When the next one is due in store time. */
  nextDue(subscription: number): number | undefined;
}

/** A delivery to be owed again. */
interface Returned {
  readonly seq: number;
  readonly suspect: boolean;
  readonly due: number;
  readonly starts: number;
  readonly redrives: number;
  readonly failures: readonly Failure[];
}

interface Queue {
  readonly due: Statement<[subscription: number, now: number, limit: number], DueRow>;
  readonly next: Statement<[subscription: number], number>;
}

/** Prepares the statements: one for each state, so that each reads its own partial index. */
export function createWaiting(connection: Connection): Waiting {
  const queue = (state: 1 | 2, index: string): Queue => ({
    due: connection.prepare(
      `SELECT e.starts, e.redrives, e.failures, m.seq, ${selectedColumns('m')} FROM agentbus_exceptions e INDEXED BY ${index} JOIN agentbus_messages m ON m.seq = e.seq JOIN agentbus_topics t ON t.id = m.topic WHERE e.subscription = +? AND e.state = ${state} AND e.due <= ? ORDER BY e.due, e.seq LIMIT ? + 0`,
    ),
    next: connection
      .prepare<[number], number>(
        `SELECT due FROM agentbus_exceptions INDEXED BY ${index} WHERE subscription = +? AND state = ${state} ORDER BY due LIMIT 1`,
      )
      .pluck(),
  });
  const normal = queue(1, 'agentbus_exceptions_waiting');
  const suspect = queue(2, 'agentbus_exceptions_suspect');
  const remove = connection.prepare<[number, number]>(
    'DELETE FROM agentbus_exceptions WHERE subscription = ? AND seq = ?',
  );
  const insert = connection.prepare<[number, number, number, number, number, number, string]>(
    'INSERT INTO agentbus_exceptions (subscription, seq, state, due, starts, redrives, failures) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  return {
    hasSuspect: (subscription, now) => (suspect.next.get(subscription) ?? Number.POSITIVE_INFINITY) <= now,
    take(subscription, suspects, now, limit) {
      return (suspects ? suspect : normal).due.all(subscription, now, limit).map((row) => {
        remove.run(subscription, row.seq);
        const failures: Failure[] = JSON.parse(row.failures);
        return { seq: row.seq, record: toRecord(row), starts: row.starts, redrives: row.redrives, failures };
      });
    },
    put(subscription, { seq, suspect: isSuspect, due, starts, redrives, failures }) {
      insert.run(subscription, seq, isSuspect ? 2 : 1, due, starts, redrives, JSON.stringify(failures));
    },
    nextDue(subscription) {
      const dues = [normal.next.get(subscription), suspect.next.get(subscription)].filter((due) => due !== undefined);
      return dues.length === 0 ? undefined : Math.min(...dues);
    },
  };
}
