// Holds the write lock of a database for a while, as a backup or a shell may. Arguments: the database, the time in
// milliseconds. Says `locked` once it has it and `unlocked` when it lets go.
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';

const [database = '', heldMs = '0'] = process.argv.slice(2);
const connection = new Database(database, { timeout: 10_000 });
connection.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
await delay(Number(heldMs));
process.stdout.write('unlocked\n');
connection.exec('ROLLBACK');
connection.close();
