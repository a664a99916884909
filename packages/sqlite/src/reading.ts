import { hasWildcard, matches, type ReadQuery, type StoredMessage } from '@agentbus/core';
import type { Connection } from './connection.ts';
import { type StoredRow, selectedColumns, toRecord } from './message-row.ts';

/** Reads the log without consuming anything. In a snapshot, else a commit between two statements may hide a message. */
export interface Reading {
  head(): number;
  read(query: ReadQuery): readonly StoredMessage[];
}

/** Up to so many topics are read through the index; for more, the log is read in order. */
const probeLimit = 16;

/** Prepares the statements. */
export function createReading(connection: Connection): Reading {
  const stored = `SELECT m.seq, ${selectedColumns('m')} FROM agentbus_messages m`;
  const join = 'JOIN agentbus_topics t ON t.id = m.topic';
  const head = connection.prepare<[], number>('SELECT head FROM agentbus_meta WHERE id = 1').pluck();
  const all = connection.prepare<[number, number], StoredRow>(
    `${stored} ${join} WHERE m.seq > ? ORDER BY m.seq LIMIT ? + 0`,
  );
  const one = connection.prepare<[string], StoredRow>(`${stored} ${join} WHERE m.id = +?`);
  const bySeq = connection.prepare<[number], StoredRow>(`${stored} ${join} WHERE m.seq = +?`);
  const seqs = connection
    .prepare<[number, number, number, number], number>(
      'SELECT seq FROM agentbus_messages INDEXED BY agentbus_messages_by_topic WHERE topic = +? AND lane = +? AND seq > ? ORDER BY seq LIMIT ? + 0',
    )
    .pluck();
  // The plus keeps SQLite from reading and sorting all that these topics ever held instead of what follows `seq`.
  const several = connection.prepare<[number, string, number], StoredRow>(
    `${stored} ${join} WHERE m.seq > ? AND +m.topic IN (SELECT value FROM json_each(?)) ORDER BY m.seq LIMIT ? + 0`,
  );
  const grown = connection.prepare<[number], { id: number; name: string }>(
    'SELECT id, name FROM agentbus_topics WHERE max(last0, last1, last2, last3) > ?',
  );
  const named = connection.prepare<[string], { id: number; name: string }>(
    'SELECT id, name FROM agentbus_topics WHERE name = ?',
  );

  function readTopics(pattern: string, afterSeq: number, limit: number): StoredRow[] {
    const candidates = hasWildcard(pattern) ? grown.all(afterSeq) : named.all(pattern);
    const topics = candidates.filter(({ name }) => matches(pattern, name));
    if (topics.length > probeLimit) return several.all(afterSeq, JSON.stringify(topics.map(({ id }) => id)), limit);
    const found = topics.flatMap(({ id }) => [0, 1, 2, 3].flatMap((lane) => seqs.all(id, lane, afterSeq, limit)));
    const merged = found.sort((a, b) => a - b).slice(0, limit);
    return merged.flatMap((seq) => bySeq.get(seq) ?? []);
  }

  return {
    head: () => head.get() ?? 0,
    read({ pattern, ids, afterSeq = 0, limit }) {
      let rows: StoredRow[];
      if (ids !== undefined) {
        const found = [...new Set(ids)].flatMap((id) => one.get(id) ?? []);
        rows = found
          .filter(({ seq, topic }) => seq > afterSeq && (pattern === undefined || matches(pattern, topic)))
          .sort((a, b) => a.seq - b.seq)
          .slice(0, limit);
      } else if (pattern === undefined || pattern === '>') rows = all.all(afterSeq, limit);
      else rows = readTopics(pattern, afterSeq, limit);
      return rows.map((row) => ({ seq: row.seq, record: toRecord(row) }));
    },
  };
}
