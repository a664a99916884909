import { fileURLToPath } from 'node:url';
import { BusError } from '@agentbus/core';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Connection } from './connection.ts';

/**
 * Brings the schema up to date, one numbered step after the other, in one transaction: two processes that open a new
 * file at once run each step once, and a crash leaves the old schema whole.
 *
 * @throws BusError `store_incompatible` when a newer AgentBus has migrated the file further than this one knows.
 */
export function migrate(connection: Connection, path: string): void {
  const steps = readMigrationFiles({ migrationsFolder: fileURLToPath(new URL('../drizzle', import.meta.url)) });
  const run = connection.transaction(() => {
    connection.exec(
      'CREATE TABLE IF NOT EXISTS agentbus_migrations (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, applied_at INTEGER NOT NULL)',
    );
    const done = Number(connection.prepare('SELECT coalesce(max(number), 0) FROM agentbus_migrations').pluck().get());
    if (done > steps.length) {
      throw new BusError(
        'store_incompatible',
        `${path} has schema ${done}, this version of @agentbus/sqlite knows schemas up to ${steps.length}. ` +
          'A newer AgentBus has used the file: update @agentbus/sqlite here too.',
      );
    }
    const insert = connection.prepare('INSERT INTO agentbus_migrations VALUES (?, ?, ?)');
    for (const [index, { sql, hash }] of steps.entries()) {
      if (index < done) continue;
      for (const statement of sql) connection.exec(statement);
      insert.run(index + 1, hash, Date.now());
    }
  });
  // Without this look every open would queue for the write lock.
  if (currentNumber(connection) !== steps.length) run.immediate();
}

function currentNumber(connection: Connection): number {
  const exists = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'agentbus_migrations'").get();
  return exists === undefined
    ? 0
    : Number(connection.prepare('SELECT coalesce(max(number), 0) FROM agentbus_migrations').pluck().get());
}
