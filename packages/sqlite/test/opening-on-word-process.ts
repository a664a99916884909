// Opens, uses and closes the store that it is told, each time it is told, and says how it went.
import { BusError } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { answer } from './child.ts';
import { draft } from './drafts.ts';
import { subscribe } from './working.ts';

async function use(path: string): Promise<string> {
  try {
    const store = await openSqliteStore(path);
    await subscribe(store, 'worker');
    await store.append([draft(`from-${process.pid}`)]);
    await store.close();
    return 'opened';
  } catch (error) {
    return error instanceof BusError ? `${error.code}: ${error.message}` : `raw: ${String(error)}`;
  }
}

answer((path) => use(String(path)));
process.send?.('ready');
