import type { Store } from '@agentbus/core';
import type { SqliteStoreOptions } from '@agentbus/sqlite';
import Database from 'better-sqlite3';
import { vi } from 'vitest';
import { openStore } from './open-store.ts';

/** A store together with what it keeps to itself: its own connection, and the SQL of the statements it has prepared. */
export interface Observed extends AsyncDisposable {
  readonly store: Store;
  readonly connection: Database.Database;
  readonly statements: ReadonlySet<string>;
}

/** Opens a store and watches the real driver while it does. */
export async function openObserved(path: string, options: SqliteStoreOptions = {}): Promise<Observed> {
  const spy = vi.spyOn(Database.prototype, 'prepare');
  const store = await openStore(path, options);
  const connection = spy.mock.contexts.at(-1);
  if (!(connection instanceof Database)) throw new Error('The store has prepared nothing while it opened');
  return {
    store,
    connection,
    get statements() {
      return new Set(spy.mock.calls.map(([sql]) => sql));
    },
    async [Symbol.asyncDispose]() {
      spy.mockRestore();
      await store[Symbol.asyncDispose]();
    },
  };
}
