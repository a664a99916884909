import { join } from 'node:path';
import { openBus } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { describe, expect, it } from 'vitest';
import { createScratch } from '../src/scratch.ts';
import { consumeWaiting } from '../src/worker-experiment/load.ts';
import { openPoolSyncStore } from '../src/worker-experiment/pool-sync-store.ts';
import { openWorkerStore } from '../src/worker-experiment/worker-store.ts';

const scratch = createScratch();

describe.each([
  ['worker, cloned', (path: string) => openWorkerStore({ path, durability: 'full', encoding: 'clone' })],
  ['worker, JSON', (path: string) => openWorkerStore({ path, durability: 'full', encoding: 'json' })],
  ['fsync in the pool', openPoolSyncStore],
])('a store of the experiment (%s)', (name, open) => {
  it('stores what it resolves and hands it to a consumer', async () => {
    const path = join(scratch.directory(name), 'bus.db');
    const bus = await openBus({ store: await open(path) });
    const published = await Promise.all([1, 2, 3].map((number) => bus.publish('agents.planner.inbox', { number })));
    await consumeWaiting(bus, 3);
    await bus.close();
    await using reopened = await openBus({ store: await openSqliteStore(path) });
    const stored = await reopened.store.read({ limit: 10 });
    expect(stored.map(({ record }) => record.id)).toEqual(published.map(({ id }) => id));
    expect((await reopened.store.stats()).subscriptions).toMatchObject([{ name: 'worker', acked: 3, ready: 0 }]);
  });
});
