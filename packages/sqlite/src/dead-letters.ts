import type { DeadLetterQuery, DeadLetterRecord, Failure } from '@agentbus/core';
import type { Connection } from './connection.ts';
import { type StoredRow, selectedColumns, toRecord } from './message-row.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Waiting } from './waiting.ts';

/** Dead letters as rows. */
export interface DeadLetters {
  list(name: string, query: DeadLetterQuery): readonly DeadLetterRecord[];
  /** Redrives or discards those selected, in order of `seq`. Only inside a write transaction. Returns which. */
  resolve(name: string, action: 'redrive' | 'discard', slice: DeadSlice): readonly Resolved[];
}

/** Some dead letters: of those named, or of all, the first `limit` after a `seq`. */
interface DeadSlice {
  readonly ids: readonly string[] | undefined;
  readonly afterSeq: number;
  readonly limit: number;
}

/** A dead letter that is one no more. */
interface Resolved {
  readonly id: string;
  readonly seq: number;
}

interface DeadRow extends StoredRow {
  readonly starts: number;
  readonly redrives: number;
  readonly failures: string;
  readonly reason: string;
  readonly detail: string | null;
  readonly died_at: number;
}

/** Prepares the statements. */
export function createDeadLetters(connection: Connection, subscriptions: Subscriptions, waiting: Waiting): DeadLetters {
  const dead = `SELECT e.starts, e.redrives, e.failures, e.reason, e.detail, e.died_at, m.seq, ${selectedColumns('m')} FROM agentbus_exceptions e INDEXED BY agentbus_exceptions_dead JOIN agentbus_messages m ON m.seq = e.seq JOIN agentbus_topics t ON t.id = m.topic WHERE e.subscription = +? AND e.state = 3`;
  const page = connection.prepare<[number, number, number], DeadRow>(
    `${dead} AND e.seq > ? ORDER BY e.seq LIMIT ? + 0`,
  );
  const one = connection.prepare<[number, string], DeadRow>(`${dead} AND m.id = +?`);
  const remove = connection.prepare<[number, number]>(
    'DELETE FROM agentbus_exceptions WHERE subscription = ? AND seq = ?',
  );

  function select(subscription: number, { ids, afterSeq, limit }: DeadSlice): readonly DeadRow[] {
    if (ids === undefined) return page.all(subscription, afterSeq, limit);
    const found = [...new Set(ids)].flatMap((id) => one.get(subscription, id) ?? []);
    const rest = found.filter(({ seq }) => seq > afterSeq);
    return rest.sort((a, b) => a.seq - b.seq).slice(0, limit);
  }

  return {
    list(name, { limit, afterSeq = 0 }) {
      return page.all(subscriptions.require(name).id, afterSeq, limit).map((row) => {
        const history: Failure[] = JSON.parse(row.failures);
        const { seq, starts, redrives, reason, died_at: diedAt } = row;
        const detail = row.detail === null ? {} : { detail: row.detail };
        return { seq, record: toRecord(row), starts, redrives, reason, ...detail, diedAt, history };
      });
    },
    resolve(name, action, slice) {
      const { id } = subscriptions.require(name);
      const rows = select(id, slice);
      for (const { seq, redrives, failures } of rows) {
        remove.run(id, seq);
        if (action === 'discard') continue;
        const history: Failure[] = JSON.parse(failures);
        waiting.put(id, { seq, suspect: false, due: 0, starts: 0, redrives: redrives + 1, failures: history });
      }
      const field = action === 'discard' ? 'discarded' : 'waiting';
      subscriptions.change(id, { dead: -rows.length, [field]: rows.length });
      return rows;
    },
  };
}
