import { type AppendResult, type Draft, idConflict, type MessageRecord, sameContent } from '@agentbus/core';
import type { Connection } from './connection.ts';
import { createDelayed } from './delayed.ts';
import { createHistory } from './history.ts';
import {
  laneOf,
  type MessageValues,
  messageColumns,
  type PlainValues,
  plainColumns,
  type StoredRow,
  selectedColumns,
  toPlainValues,
  toRecord,
  toValues,
} from './message-row.ts';
import type { Topics } from './topics.ts';

/** The writing side of the log. Only for use inside a write transaction. */
export interface Log {
  /** Adds messages, all or none. Those whose time has not come are put aside. */
  append(drafts: readonly Draft[], wallNow: number): readonly AppendResult[];
  /** Gives due delayed messages their place in the log, a bounded number at a time. Returns how many. */
  promote(wallNow: number): number;
  /** When the next delayed message is due, by wall clock. */
  nextDelayedAt(): number | undefined;
  /** Writes what was gathered for the whole transaction. */
  flush(): void;
  /** Forgets what was gathered. */
  reset(rolledBack: boolean): void;
}

/** The most delayed messages promoted in one transaction: more would stop the event loop for too long. */
const promoteLimit = 500;

/** Prepares the statements. */
export function createLog(connection: Connection, topics: Topics): Log {
  const places = '?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?';
  const insert = connection.prepare<[number, ...MessageValues]>(
    `INSERT INTO agentbus_messages (seq, ${messageColumns}) VALUES (?, ${places}) ON CONFLICT (id) DO NOTHING`,
  );
  const insertPlain = connection.prepare<[number, ...PlainValues]>(
    `INSERT INTO agentbus_messages (seq, ${plainColumns}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  const undo = connection.prepare<[number]>('DELETE FROM agentbus_messages WHERE seq > ?');
  const find = connection.prepare<[string], StoredRow>(
    `SELECT m.seq, ${selectedColumns('m')} FROM agentbus_messages m JOIN agentbus_topics t ON t.id = m.topic WHERE m.id = +?`,
  );
  const readHead = connection.prepare<[], number>('SELECT head FROM agentbus_meta WHERE id = 1').pluck();
  const writeHead = connection.prepare<[number]>('UPDATE agentbus_meta SET head = ? WHERE id = 1');
  const delayed = createDelayed(connection);
  const history = createHistory(connection);
  let head: number | undefined;
  let written: number | undefined;

  function insertNow(seq: number, record: MessageRecord): boolean {
    const topic = topics.idOf(record.topic);
    const plain = toPlainValues(record, topic);
    const inserted = plain === undefined ? insert.run(seq, ...toValues(record, topic)) : insertPlain.run(seq, ...plain);
    return inserted.changes > 0;
  }

  function findRecord(id: string): MessageRecord | undefined {
    const row = find.get(id) ?? delayed.find(id);
    return row === undefined ? undefined : toRecord(row);
  }

  return {
    append(drafts, wallNow) {
      history.assertKnown(drafts);
      head ??= readHead.get() ?? 0;
      const start = head;
      const delayedStart = delayed.highest();
      let someDelayed = delayedStart > 0;
      const added: [Draft, number][] = [];
      const results = drafts.map((draft) => {
        const late = draft.deliverAt !== undefined && draft.deliverAt > wallNow;
        const next = start + added.length + 1;
        let isNew: boolean;
        if (late) isNew = find.get(draft.id) === undefined && delayed.insert(draft, topics.idOf(draft.topic));
        else isNew = !(someDelayed && delayed.find(draft.id) !== undefined) && insertNow(next, draft);
        if (isNew && late) someDelayed = true;
        else if (isNew) added.push([draft, next]);
        if (!isNew) {
          const known = findRecord(draft.id);
          if (known !== undefined && !sameContent(known, draft)) {
            undo.run(start);
            delayed.undo(delayedStart);
            throw idConflict(draft.id);
          }
        }
        return { duplicate: !isNew };
      });
      for (const [draft, seq] of added) {
        topics.added(topics.idOf(draft.topic), laneOf(draft), seq);
        history.note(draft.settledFor, topics.idOf(draft.topic), seq);
      }
      head = start + added.length;
      return results;
    },
    promote(wallNow) {
      const due = delayed.takeDue(wallNow, promoteLimit);
      if (due.length === 0) return 0;
      head ??= readHead.get() ?? 0;
      for (const { record, settledFor } of due) {
        head += 1;
        insertNow(head, record);
        topics.added(topics.idOf(record.topic), laneOf(record), head);
        history.note(settledFor, topics.idOf(record.topic), head);
      }
      return due.length;
    },
    nextDelayedAt: delayed.nextAt,
    flush() {
      topics.flush();
      if (head !== undefined && head !== written) writeHead.run(head);
      written = head;
    },
    reset(rolledBack) {
      head = undefined;
      written = undefined;
      topics.reset(rolledBack);
      delayed.reset();
    },
  };
}
