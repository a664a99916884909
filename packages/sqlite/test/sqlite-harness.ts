import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreHarness } from '@agentbus/conformance';
import type { Clock, Store } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { temporaryDirectory } from '@agentbus/testkit';
import { afterAll } from 'vitest';

const root = await temporaryDirectory();
afterAll(() => root[Symbol.asyncDispose]());

interface Opened {
  readonly directory: string;
  readonly clock: Clock;
}

const opened = new WeakMap<Store, Opened>();
let directories = 0;

const freshDirectory = (): string => {
  directories += 1;
  return root.join(`${directories}`);
};

async function open({ directory, clock }: Opened): Promise<Store> {
  const store = await openSqliteStore(join(directory, 'bus.db'), { clock });
  opened.set(store, { directory, clock });
  return store;
}

function whereabouts(store: Store): Opened {
  const found = opened.get(store);
  if (found === undefined) throw new Error(`${store.url} was not opened by this harness`);
  return found;
}

/** Real files in a directory of this test file's own. Nothing is declared: the SQLite store keeps every promise. */
export const sqliteHarness: StoreHarness = {
  open: ({ clock }) => open({ directory: freshDirectory(), clock }),
  async reopen(store, ending) {
    const { directory, clock } = whereabouts(store);
    if (ending === 'closed') {
      await store.close();
      return open({ directory, clock });
    }
    // What a killed process leaves: the files as they are now. SQLite builds the -shm file anew when it is missing.
    const copy = freshDirectory();
    await cp(directory, copy, { recursive: true, filter: (path) => !path.endsWith('-shm') });
    return open({ directory: copy, clock });
  },
  second: (store) => open(whereabouts(store)),
  erase: (store) => rm(whereabouts(store).directory, { recursive: true, force: true }),
};
