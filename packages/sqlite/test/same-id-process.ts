// Opens the store, says so, and on the word publishes the ids it is told, one by one and all at once.
import { BusError } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { answer } from './child.ts';
import { draft } from './drafts.ts';

const [path = '', body = '', deliverAt = ''] = process.argv.slice(2);
const store = await openSqliteStore(path);
const fields = { body, ...(deliverAt === '' ? {} : { deliverAt: Number(deliverAt) }) };

async function publish(id: string): Promise<string> {
  try {
    const [result] = await store.append([draft(id, fields)]);
    return result?.duplicate === true ? 'duplicate' : 'new';
  } catch (error) {
    return error instanceof BusError ? error.code : String(error);
  }
}

answer(async (ids) => Promise.all(Array.isArray(ids) ? ids.map(String).map(publish) : []));
process.send?.('open');
