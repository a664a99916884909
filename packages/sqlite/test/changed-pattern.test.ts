import type { Store } from '@agentbus/core';
import { temporaryDirectory } from '@agentbus/testkit';
import { expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { draft } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, drain, statsOf, subscribe } from './working.ts';

const change = (store: Store, pattern: string): Promise<unknown> =>
  store.openSubscription({ name: 'worker', pattern, from: 'all', settings: {}, update: true });

it('keeps the figures right when a subscription gets another pattern, and the first one back', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('bus.db');
  await using store = await openStore(path);
  await subscribe(store, 'worker', 'a.*');
  const settledFor = ['worker'];
  await store.append([
    draft('a1', { topic: 'a.x' }),
    draft('a2', { topic: 'a.x', settledFor }),
    draft('a3', { topic: 'a.y', priority: 'urgent', settledFor }),
    draft('a4', { topic: 'a.y' }),
  ]);
  expect(await statsOf(store, 'worker')).toMatchObject({ ready: 2, acked: 2 });
  await change(store, 'b.*');
  expect(await statsOf(store, 'worker')).toMatchObject({ ready: 0, acked: 2 });
  await store.append([
    draft('b1', { topic: 'b.x' }),
    draft('b2', { topic: 'b.x', settledFor }),
    draft('a5', { topic: 'a.x' }),
  ]);
  expect(await statsOf(store, 'worker')).toMatchObject({ ready: 1, acked: 3 });
  expect(await drain(store, 'worker')).toEqual(['b1']);
  await change(store, '*.x');
  const { ready } = await statsOf(store, 'worker');
  const rest = await drain(store, 'worker');
  expect(rest.length).toBe(ready);
  expect(rest).toContain('a5');
  // What is history for the worker stays history.
  expect(rest.filter((id) => ['a2', 'a3', 'b2'].includes(id))).toEqual([]);
  expect(await statsOf(store, 'worker')).toMatchObject({ ready: 0, leased: 0 });
  await change(store, 'a.*');
  expect((await claim(store, 'worker')).lease).toBeUndefined();
  expect(await statsOf(store, 'worker')).toMatchObject({ ready: 0, leased: 0 });
  expect(auditFile(path).filter((fault) => !fault.startsWith('worker'))).toEqual([]);
});
