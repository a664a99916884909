// Opens and closes a store, and ends by itself when nothing holds it: says how it went.
import { BusError } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { draft } from './drafts.ts';
import { claim, subscribe } from './working.ts';

const [path = '', what = 'close'] = process.argv.slice(2);
let said: string;
try {
  const store = await openSqliteStore(path, { busyTimeoutMs: 1_000 });
  if (what === 'work' || what === 'leave') {
    await subscribe(store, 'worker');
    await store.append([draft('m'), draft('late', { deliverAt: Date.now() + 3_600_000 })]);
    await claim(store, 'worker');
    store.watch(() => {});
  }
  if (what !== 'leave') await store.close();
  said = 'opened';
} catch (error) {
  said = error instanceof BusError ? `${error.code}: ${error.message}` : `raw: ${String(error)}`;
}
process.send?.(said, () => process.disconnect());
