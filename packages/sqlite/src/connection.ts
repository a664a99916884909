import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { BusError } from '@agentbus/core';
import type Database from 'better-sqlite3';
import { retryWhileBusy } from './busy.ts';
import { assertSqliteVersion, loadDriver } from './driver.ts';
import { toBusError } from './sqlite-error.ts';

/**
 * The connection of this process to the database file. All reading and writing goes through it.
 *
 * In statements that join, sort or limit, a bound value is compared as `= +?` and limits as `LIMIT ? + 0`. better-sqlite3
 * builds SQLite so that such a value may choose the plan, and then SQLite plans the statement anew on every call: 5 to
 * 40 µs instead of 0.5, which was a third of consuming 100 messages. As part of an expression the value is left alone.
 */
export type Connection = Database.Database;

/** Runs something that reads as one moment saw it, whatever others commit meanwhile. */
export type Snapshot = <Result>(read: () => Result) => Result;

/** Marks a database file as ours: "AGBS" in ASCII. */
const applicationId = 0x41474253;
/** The WAL file is cut back to this once it has been written to the database. */
const walSizeLimitBytes = 64 * 1024 * 1024;

/**
 * Opens or creates the database file, readable by its owner only.
 *
 * @throws BusError `store_incompatible` for a file that is no AgentBus database, `store_failed` when it cannot be opened.
 */
export async function openConnection(path: string, busyTimeoutMs: number): Promise<Connection> {
  const Driver = await loadDriver();
  try {
    return await retryWhileBusy(busyTimeoutMs, () => connect(Driver, path));
  } catch (error) {
    throw toBusError(error, path);
  }
}

function connect(Driver: typeof Database, path: string): Connection {
  createPrivately(path);
  // Nobody waits inside SQLite: that would stop the event loop.
  const connection = new Driver(path, { timeout: 0 });
  try {
    assertSqliteVersion(String(connection.prepare('SELECT sqlite_version()').pluck().get()));
    prepareFile(connection, path);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Prepares the statements. Not for use inside another transaction. */
export function createSnapshot(connection: Connection): Snapshot {
  const begin = connection.prepare('BEGIN');
  const end = connection.prepare('COMMIT');
  return (read) => {
    begin.run();
    try {
      return read();
    } finally {
      // After some errors SQLite has ended it already.
      if (connection.inTransaction) end.run();
    }
  };
}

/**
 * Creates the file with mode 0600; SQLite gives the files beside it the same mode. Never touches a file that exists:
 * closing it here would drop the locks of another connection of this process (a POSIX rule).
 */
function createPrivately(path: string): void {
  if (existsSync(path)) {
    // SQLite would open a file that it may not write for reading, and every publish would fail.
    accessSync(path, constants.R_OK | constants.W_OK);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function prepareFile(connection: Connection, path: string): void {
  // In this order, as another process may be doing the same: it marks the file before it makes the first table.
  const isEmpty = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  const found = connection.pragma('application_id', { simple: true });
  if (found !== applicationId && !(found === 0 && isEmpty)) {
    throw new BusError(
      'store_incompatible',
      `${path} is a SQLite database of another application. Give AgentBus a file of its own.`,
    );
  }
  // Only possible before the first table; lets retention give pages back to the file system.
  if (isEmpty) connection.pragma('auto_vacuum = INCREMENTAL');
  const mode = connection.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') {
    throw new BusError(
      'store_failed',
      `${path} cannot use write-ahead logging (got "${String(mode)}"). Is it on a network file system?`,
    );
  }
  if (found !== applicationId) connection.pragma(`application_id = ${applicationId}`);
  connection.pragma('synchronous = FULL');
  connection.pragma(`journal_size_limit = ${walSizeLimitBytes}`);
  connection.pragma('foreign_keys = OFF');
  connection.pragma('temp_store = MEMORY');
}
