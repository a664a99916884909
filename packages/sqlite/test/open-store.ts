import type { Store } from '@agentbus/core';
import { openSqliteStore, type SqliteStoreOptions } from '@agentbus/sqlite';

/** Opens a store for the length of a test: `await using store = await openStore(path);` */
export async function openStore(path: string, options: SqliteStoreOptions = {}): Promise<Store & AsyncDisposable> {
  const store = await openSqliteStore(path, options);
  return { ...store, [Symbol.asyncDispose]: () => store.close() };
}
