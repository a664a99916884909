// Holds the write lock of a database, as a sqlite3 shell with an open transaction does, from one word to the next.
import Database from 'better-sqlite3';
import { answer } from './child.ts';

const [path = ''] = process.argv.slice(2);
const connection = new Database(path, { timeout: 30_000 });
answer(async (verb) => {
  connection.exec(verb === 'lock' ? 'BEGIN IMMEDIATE' : 'COMMIT');
  return verb;
});
process.send?.('open');
