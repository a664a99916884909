import { close, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';
import type { Store } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';

/**
 * A third way: transactions run in the caller's thread without a sync, and libuv's thread pool syncs the write-ahead log
 * afterwards. A publish resolves once a sync that began after its commit has ended. One sync at a time; those who commit
 * meanwhile share the next.
 */
export async function openPoolSyncStore(path: string): Promise<Store> {
  const store = await openSqliteStore(path, { durability: 'relaxed' });
  const wal = await promisify(open)(`${path}-wal`, 'r');
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  function synced(): Promise<void> {
    next ??= running.then(() => {
      const sync = promisify(fdatasync)(wal);
      running = sync;
      next = undefined;
      return sync;
    });
    return next;
  }

  return {
    ...store,
    async append(drafts) {
      const results = await store.append(drafts);
      await synced();
      return results;
    },
    async close() {
      await running;
      await promisify(close)(wal);
      await store.close();
    },
  };
}
