import { join } from 'node:path';
import { createUuidV7 } from '@agentbus/core';
import Database from 'better-sqlite3';
import { payload, topic } from './payload.ts';

/** A message as the bare table has it. */
export interface RawRow {
  readonly id: string;
  readonly topic: string;
  readonly body: string;
}

/** Rows with sorted ids and encoded bodies, made before the clock starts: the bare table is timed for inserting alone. */
export function makeRawRows(count: number): readonly RawRow[] {
  const createId = createUuidV7(Date.now);
  return Array.from({ length: count }, () => ({ id: createId(), topic, body: JSON.stringify(payload) }));
}

/** A log as somebody would write it who needs nothing but a log. */
export interface RawLog {
  readonly database: Database.Database;
  /** Inserts rows in one transaction. */
  insert(rows: readonly RawRow[]): void;
}

/**
 * Opens the bare counterpart of the store: the same driver and write-ahead log, one table that still deserves the name
 * of a message log (ordered, ids unique, found by topic), prepared statements.
 */
export function openRawLog(directory: string, synchronous: 'FULL' | 'NORMAL'): RawLog {
  const database = new Database(join(directory, 'raw.db'));
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${synchronous}`);
  database.exec(
    'CREATE TABLE messages (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, body TEXT NOT NULL)',
  );
  database.exec('CREATE INDEX messages_by_topic ON messages (topic)');
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const insert = database.prepare<[string, string, string]>('INSERT INTO messages (id, topic, body) VALUES (?, ?, ?)');
  return {
    database,
    insert(rows) {
      begin.run();
      for (const row of rows) insert.run(row.id, row.topic, row.body);
      commit.run();
    },
  };
}
