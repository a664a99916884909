import { performance } from 'node:perf_hooks';
import { createTestClock } from '@agentbus/conformance';
import { temporaryDirectory, until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { type Child, startChild } from './child.ts';
import { draft, drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, drain, lease, leaseMs, settle, statsOf, subscribe } from './working.ts';

async function startLocker(path: string): Promise<Child> {
  const locker = startChild('./lock-process.ts', [path]);
  expect(await locker.hear()).toBe('open');
  return locker;
}

describe('while another process holds the write lock', () => {
  it('every write waits and resolves afterwards, and the event loop goes on', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await using beside = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('before', 10));
    const held = await lease(store, 'worker', { limit: 2 });
    await using locker = await startLocker(path);
    expect(await locker.ask('lock')).toBe('lock');

    let settled = 0;
    const count = <T>(write: Promise<T>): Promise<T> =>
      write.finally(() => {
        settled += 1;
      });
    const writes = [
      ...drafts('during', 50).map((one, n) => count((n % 2 === 0 ? store : beside).append([one]))),
      count(claim(beside, 'worker', { limit: 3 })),
      count(settle(store, held)),
      count(store.renew(held.token, leaseMs)),
      count(beside.openSubscription({ name: 'second', pattern: '>', from: 'all', settings: {} })),
    ];
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 1);
    await until(() => ticks >= 300, 'three hundred timers have fired');
    clearInterval(ticking);
    expect(settled).toBe(0);
    // Reading waits for nobody.
    expect((await store.read({ limit: 100 })).length).toBe(10);

    expect(await locker.ask('unlock')).toBe('unlock');
    await Promise.all(writes);
    expect((await drain(store, 'second')).length).toBe(60);
    expect((await statsOf(store, 'worker')).acked).toBe(2);
    expect(auditFile(path)).toEqual([]);
  });

  it('a write gives up after busyTimeoutMs with a store_busy that may be retried, and work goes on', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path, { busyTimeoutMs: 50 });
    await subscribe(store, 'worker');
    await store.append([draft('before')]);
    await using locker = await startLocker(path);
    await locker.ask('lock');
    const busy = { name: 'BusError', code: 'store_busy', retryable: true };
    const [append, claimed] = [store.append(drafts('during', 3)), claim(store, 'worker')];
    await expect(append).rejects.toMatchObject(busy);
    await expect(claimed).rejects.toMatchObject(busy);
    await expect(store.append([draft('again')])).rejects.toThrow(/locked by another program/);

    await locker.ask('unlock');
    await store.append([draft('after')]);
    expect(await drain(store, 'worker')).toEqual(['before', 'after']);
    expect(auditFile(path)).toEqual([]);
  });

  it('each write has the whole of busyTimeoutMs, however long others have waited before it', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const busyTimeoutMs = 400;
    await using store = await openStore(path, { busyTimeoutMs });
    await using locker = await startLocker(path);
    await locker.ask('lock');
    const waited = async (id: string): Promise<number> => {
      const begun = performance.now();
      await expect(store.append([draft(id)])).rejects.toMatchObject({ code: 'store_busy' });
      return performance.now() - begun;
    };
    const begun = performance.now();
    const first = waited('first');
    await until(() => performance.now() - begun > busyTimeoutMs / 2, 'half of the first one’s time is over');
    const second = waited('second');
    expect(await first).toBeGreaterThanOrEqual(busyTimeoutMs);
    expect(await second).toBeGreaterThanOrEqual(busyTimeoutMs);
  });

  it('a store is opened all the same, in the new boot too, and waiting to do so blocks nothing', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    await (await openStore(path, { clock })).close();
    await using locker = await startLocker(path);
    await locker.ask('lock');
    // Of the same boot there is nothing to write, and nothing to wait for.
    await (await openStore(path, { clock })).close();
    clock.reboot('next boot');
    let isOpen = false;
    const opening = openStore(path, { clock }).finally(() => {
      isOpen = true;
    });
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 1);
    await until(() => ticks >= 100, 'a hundred timers have fired');
    clearInterval(ticking);
    expect(isOpen).toBe(false);
    await expect(openStore(path, { clock, busyTimeoutMs: 20 })).rejects.toMatchObject({
      code: 'store_busy',
      retryable: true,
    });
    await locker.ask('unlock');
    await using store = await opening;
    await store.append([draft('m')]);
  });

  it('closing waits for what was accepted', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using other = await openStore(path);
    const store = await openStore(path);
    await using locker = await startLocker(path);
    await locker.ask('lock');
    const append = store.append([draft('accepted')]);
    const closing = store.close();
    await expect(store.append([draft('too late')])).rejects.toMatchObject({ code: 'closed' });
    await locker.ask('unlock');
    await closing;
    expect(await append).toEqual([{ duplicate: false }]);
    expect((await other.read({ limit: 10 })).map(({ record }) => record.id)).toEqual(['accepted']);
  });
});

describe('four processes', () => {
  it('I4: claim 5,000 messages between them, each once', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    const published = drafts('m', 5_000);
    for (let at = 0; at < published.length; at += 500) await store.append(published.slice(at, at + 500));
    const children = Array.from({ length: 4 }, () => startChild('./claiming-process.ts', [path]));
    try {
      for (const child of children) expect(await child.hear()).toBe('open');
      // Each has begun before any of them goes on: they work side by side.
      const firsts = await Promise.all(children.map((child) => child.ask('one')));
      const rests = await Promise.all(children.map((child) => child.ask('rest')));
      const ids = [...firsts, ...rests].flat();
      expect(ids.length).toBe(5_000);
      expect(new Set(ids)).toEqual(new Set(published.map(({ id }) => id)));
    } finally {
      for (const child of children) await child.kill();
    }
    expect(await statsOf(store, 'worker')).toMatchObject({ ready: 0, leased: 0, acked: 5_000 });
    expect(auditFile(path)).toEqual([]);
  });
});
