// Holds the write lock of a database, as a backup or a shell may. Arguments: the database, how many milliseconds at
// least, and a file: it lets go once that exists. Says `locked` as soon as it has the lock.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';

const [database = '', heldMs = '0', until = ''] = process.argv.slice(2);
const connection = new Database(database, { timeout: 10_000 });
connection.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
await delay(Number(heldMs));
while (!existsSync(until)) await delay(5);
connection.exec('ROLLBACK');
connection.close();
