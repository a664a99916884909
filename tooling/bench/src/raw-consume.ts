import { topic } from './payload.ts';
import type { RawLog, RawRow } from './raw-log.ts';

/** A batch loop over the bare log, as somebody would write it who needs no more than "not twice at the same time". */
export interface RawConsumer {
  /** Works everything that is left and returns how many messages that was. */
  drain(batchSize: number, handle: (message: RawMessage) => void): number;
}

/** What a bare handler gets: what the bare table knows, with the body parsed. */
interface RawMessage extends Omit<RawRow, 'body'> {
  readonly payload: unknown;
}

interface StoredRow extends RawRow {
  readonly seq: number;
}

/**
 * Two transactions for each batch, as the store's claim and settle are. The first reads the rows after the cursor and
 * inserts a lease row that names them; the second deletes the lease row and moves the cursor. No retries, no priorities,
 * no attempts, no wildcards, no wake-up.
 */
export function openRawConsumer({ database }: RawLog): RawConsumer {
  database.exec(
    'CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL);' +
      'CREATE TABLE IF NOT EXISTS leases (token INTEGER PRIMARY KEY, name TEXT NOT NULL, until REAL NOT NULL, seqs TEXT NOT NULL);' +
      "INSERT OR IGNORE INTO cursors VALUES ('worker', 0)",
  );
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const cursor = database.prepare<[], number>("SELECT seq FROM cursors WHERE name = 'worker'").pluck();
  const next = database.prepare<[string, number, number], StoredRow>(
    'SELECT seq, id, topic, body FROM messages WHERE topic = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const lease = database.prepare<[number, string]>("INSERT INTO leases (name, until, seqs) VALUES ('worker', ?, ?)");
  const release = database.prepare<[number | bigint]>('DELETE FROM leases WHERE token = ?');
  const advance = database.prepare<[number]>("UPDATE cursors SET seq = ? WHERE name = 'worker'");
  return {
    drain(batchSize, handle) {
      let count = 0;
      for (;;) {
        begin.run();
        const rows = next.all(topic, cursor.get() ?? 0, batchSize);
        const last = rows.at(-1);
        if (last === undefined) {
          commit.run();
          return count;
        }
        const token = lease.run(Date.now() + 30_000, JSON.stringify(rows.map(({ seq }) => seq))).lastInsertRowid;
        commit.run();
        for (const { id, topic, body } of rows) handle({ id, topic, payload: JSON.parse(body) });
        begin.run();
        release.run(token);
        advance.run(last.seq);
        commit.run();
        count += rows.length;
      }
    },
  };
}
