import { createMemoryStore, type Draft, type Store } from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.ts';

// What every store promises is tested by the conformance cases. Here is what concerns this one's timers and manners.

function draft(id: string, fields: Partial<Draft> = {}): Draft {
  const record = { id, topic: 'jobs.a', body: '1', headers: {}, source: 'test', correlationId: id, publishedAt: 0 };
  return { ...record, priority: 'normal', ...fields };
}

function openTestStore(): { store: Store; clock: ManualClock; rings: () => number } {
  const clock = createManualClock();
  const store = createMemoryStore({ clock });
  let rings = 0;
  store.watch(() => {
    rings += 1;
  });
  return { store, clock, rings: () => rings };
}

const ids = async (store: Store): Promise<string[]> =>
  (await store.read({ limit: 100 })).map(({ record }) => record.id);

describe('the memory store', () => {
  it('sets one timer for the delayed message that is due first', async () => {
    const { store, clock } = openTestStore();
    const at = clock.now();
    await store.append([draft('late', { deliverAt: at + 500 }), draft('early', { deliverAt: at + 100 })]);
    await store.append([draft('middle', { deliverAt: at + 300 })]);
    expect(clock.pending).toBe(1);
    clock.advance(99);
    expect(await ids(store)).toEqual([]);
    clock.advance(1);
    expect(await ids(store)).toEqual(['early']);
    expect(clock.pending).toBe(1);
    clock.advance(400);
    expect(await ids(store)).toEqual(['early', 'middle', 'late']);
    expect(clock.pending).toBe(0);
  });

  it('rings when delayed messages join the log, though nobody asks', async () => {
    const { store, clock, rings } = openTestStore();
    await store.append([draft('later', { deliverAt: clock.now() + 100 })]);
    await until(() => rings() === 1, 'it rang for the publishing');
    clock.advance(100);
    await until(() => rings() === 2, 'it rang for the message that fell due');
  });

  it('sets its timer again when the wall clock was set back before the message was due', async () => {
    const { store, clock } = openTestStore();
    await store.append([draft('later', { deliverAt: clock.now() + 100 })]);
    clock.jumpWall(-1_000);
    clock.advance(100);
    expect(await ids(store)).toEqual([]);
    expect(clock.pending).toBe(1);
    clock.advance(1_000);
    expect(await ids(store)).toEqual(['later']);
  });

  it('leaves no timer behind when it is closed', async () => {
    const { store, clock, rings } = openTestStore();
    await store.append([draft('later', { deliverAt: clock.now() + 100 })]);
    await until(() => rings() === 1, 'it rang for the publishing');
    await store.close();
    expect(clock.pending).toBe(0);
  });

  it('goes by the clock of the machine unless given another', async () => {
    const store = createMemoryStore();
    await store.append([draft('soon', { deliverAt: Date.now() + 20 })]);
    expect(await ids(store)).toEqual([]);
    await until(async () => (await ids(store)).length === 1, 'the delayed message has joined the log');
    await store.close();
  });

  it('names the subscriptions there are when asked for one that is not', async () => {
    const { store } = openTestStore();
    const request = { subscription: 'worker', consumer: 'c', limit: 1, leaseMs: 1, idle: true };
    await expect(store.claim(request)).rejects.toThrow('There are none yet');
    for (const name of ['one', 'two']) {
      await store.openSubscription({ name, pattern: '>', from: 'all', settings: {} });
    }
    await expect(store.claim(request)).rejects.toThrow('There are: one, two.');
  });

  it('tells what differs when a subscription exists with another configuration', async () => {
    const { store } = openTestStore();
    const spec = {
      name: 'worker',
      pattern: 'jobs.>',
      from: 'all',
      settings: { maxAttempts: 5, backoff: [1, 2] },
    } as const;
    await store.openSubscription(spec);
    await expect(
      store.openSubscription({ ...spec, pattern: 'jobs.*', settings: { maxAttempts: 6, backoff: [1, 2] } }),
    ).rejects.toThrow(
      /"worker".*pattern is "jobs\.>", asked for "jobs\.\*"; maxAttempts is 5, asked for 6\..*update: true/,
    );
  });
});
