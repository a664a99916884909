import { createTestClock, type TestClock } from '@agentbus/conformance';
import {
  type Bus,
  BusError,
  type BusEvent,
  createMemoryStore,
  defineTopic,
  openBus,
  type Store,
  systemTopics,
} from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, test } from 'vitest';
import { type BusStatus, publishStatus, statusRows } from '../src/index.ts';

/** A bus on a clock that stands still, with everything that is published on the status topic. */
async function openWatchedBus(change: (store: Store) => Store = (store) => store): Promise<{
  bus: Bus;
  clock: TestClock;
  statuses: BusStatus[];
  events: BusEvent[];
  /** Moves time ahead and resolves with the newest status, once there are `count`. */
  advance(ms: number, count: number): Promise<BusStatus>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const clock = createTestClock();
  const events: BusEvent[] = [];
  const bus = await openBus({
    clock,
    source: 'watcher',
    store: change(createMemoryStore({ clock })),
    observe: (event) => events.push(event),
  });
  const statuses: BusStatus[] = [];
  const hearing = bus.subscribe(systemTopics.status, ({ payload }) => {
    statuses.push(payload as BusStatus);
  });
  await hearing.ready;
  return {
    bus,
    clock,
    statuses,
    events,
    async advance(ms, count) {
      await clock.advance(ms);
      await until(() => statuses.length >= count, `status ${count} was heard`);
      expect(statuses).toHaveLength(count);
      const newest = statuses.at(-1);
      if (newest === undefined) throw new Error('No status was published.');
      return newest;
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
}

async function openPlanner(bus: Bus): Promise<void> {
  await bus.store.openSubscription({ name: 'planner', pattern: 'agents.planner.inbox', from: 'all', settings: {} });
}

/** Claims one message and settles it. */
async function work(bus: Bus, kind: 'ack' | 'dead'): Promise<void> {
  const { lease } = await bus.store.claim({
    subscription: 'planner',
    consumer: 'test',
    limit: 1,
    leaseMs: 30_000,
    idle: true,
  });
  const [first] = lease?.deliveries ?? [];
  if (lease === undefined || first === undefined) throw new Error('There was nothing to claim.');
  const outcome = kind === 'ack' ? { kind } : { kind, reason: 'poison' };
  await bus.store.settle([{ token: lease.token, seq: first.seq, outcome }]);
}

describe('publishStatus', () => {
  test('publishes depths, rates and latencies every five seconds', async () => {
    await using watched = await openWatchedBus();
    const { bus, clock, advance } = watched;
    await openPlanner(bus);
    await using _ = publishStatus(bus);
    for (let index = 0; index < 10; index += 1) await bus.publish('agents.planner.inbox', index);
    await work(bus, 'ack');
    const status = await advance(5_000, 1);
    expect(status).toMatchObject({
      at: clock.now(),
      source: 'watcher',
      processId: process.pid,
      store: 'memory:',
      intervalMs: 5_000,
      topics: [{ topic: 'agents.planner.inbox', messages: 10, delayed: 0 }],
      subscriptions: [
        { name: 'planner', ready: 9, scheduled: 0, leased: 0, dead: 0, acked: 1, oldestUnackedMs: 5_000 },
      ],
      omitted: { topics: 0, subscriptions: 0 },
      rates: { publishedPerSecond: 2, ackedPerSecond: 0 },
      latencies: { publishToDurable: { count: 10 } },
      alarms: [],
    });
    expect(status.eventLoopLag.maxMs).toBeGreaterThanOrEqual(status.eventLoopLag.p99Ms);
    // The first status itself is all that was published since.
    expect((await advance(5_000, 2)).rates.publishedPerSecond).toBe(0.2);
  });

  test('says null, not nothing, when no delivery is owed', async () => {
    await using watched = await openWatchedBus();
    await openPlanner(watched.bus);
    await using _ = publishStatus(watched.bus);
    expect((await watched.advance(5_000, 1)).subscriptions[0]?.oldestUnackedMs).toBeNull();
  });

  test('L7: raises an alarm when messages are ready and nobody claims them, until somebody does', async () => {
    await using watched = await openWatchedBus();
    const { bus, advance } = watched;
    await openPlanner(bus);
    await using _ = publishStatus(bus, { intervalMs: 1_000, unclaimedMs: 3_000 });
    await bus.publishAll([1, 2].map((payload) => ({ topic: 'agents.planner.inbox', payload })));
    for (const count of [1, 2, 3]) expect((await advance(1_000, count)).alarms).toEqual([]);
    const [alarm] = (await advance(1_000, 4)).alarms;
    expect(alarm).toMatchObject({ kind: 'unclaimed', subscription: 'planner', ready: 2, leased: 0, sinceMs: 3_000 });
    expect(alarm?.message).toContain('"planner" has 2 ready, and nothing was claimed or settled for 3 s');
    await bus.publish('agents.planner.inbox', 3);
    expect((await advance(1_000, 5)).alarms, 'publishing more is no progress').toMatchObject([{ ready: 3 }]);
    await work(bus, 'ack');
    expect((await advance(1_000, 6)).alarms).toEqual([]);
  });

  test('gives a consumer that holds leases 20 minutes before it counts as gone', async () => {
    await using watched = await openWatchedBus();
    const { bus, advance } = watched;
    await openPlanner(bus);
    await bus.publishAll([1, 2].map((payload) => ({ topic: 'agents.planner.inbox', payload })));
    await bus.store.claim({ subscription: 'planner', consumer: 'killed', limit: 1, leaseMs: 30_000, idle: true });
    await using _ = publishStatus(bus, { intervalMs: 600_000 });
    for (const count of [1, 2]) expect((await advance(600_000, count)).alarms).toEqual([]);
    expect((await advance(600_000, 3)).alarms).toMatchObject([{ kind: 'unclaimed', sinceMs: 1_200_000 }]);
  });

  test('raises an alarm while dead letters grow, and not for those that were there', async () => {
    await using watched = await openWatchedBus();
    const { bus, advance } = watched;
    await openPlanner(bus);
    await bus.publishAll([1, 2, 3].map((payload) => ({ topic: 'agents.planner.inbox', payload })));
    await work(bus, 'dead');
    await using _ = publishStatus(bus, { unclaimedMs: 60_000 });
    expect((await advance(5_000, 1)).alarms).toEqual([]);
    await work(bus, 'dead');
    await work(bus, 'dead');
    expect((await advance(5_000, 2)).alarms).toMatchObject([{ kind: 'dead-letters', added: 2, dead: 3 }]);
    expect((await advance(5_000, 3)).alarms).toEqual([]);
  });

  test('stores nothing, unless a policy makes the topic durable', async () => {
    for (const topics of [[], [defineTopic(systemTopics.status)]]) {
      const clock = createTestClock();
      await using bus = await openBus({ clock, topics, store: createMemoryStore({ clock }) });
      await using _ = publishStatus(bus);
      await clock.advance(15_000);
      expect(await bus.store.read({ limit: 10 })).toHaveLength(topics.length * 3);
    }
  });

  test('lists the busiest topics and subscriptions and says how many it left out', async () => {
    await using watched = await openWatchedBus();
    const { bus, advance } = watched;
    for (let index = 0; index < statusRows + 3; index += 1) {
      await bus.store.openSubscription({ name: `s${index}`, pattern: `t${index}`, from: 'all', settings: {} });
      await bus.publish(`t${index}`, null);
    }
    await bus.publish('t50', null);
    await using _ = publishStatus(bus);
    const { topics, subscriptions, omitted } = await advance(5_000, 1);
    expect([topics.length, subscriptions.length]).toEqual([statusRows, statusRows]);
    expect(omitted).toEqual({ topics: 3, subscriptions: 3 });
    expect([topics[0]?.topic, subscriptions[0]?.name]).toEqual(['t50', 's50']);
  });

  test('tells of a store that cannot be read as an event, and tries again', async () => {
    let broken = true;
    await using watched = await openWatchedBus((store) => ({
      ...store,
      stats: () => (broken ? Promise.reject(new BusError('store_failed', 'The disk is gone.')) : store.stats()),
    }));
    await using _ = publishStatus(watched.bus);
    await watched.clock.advance(5_000);
    expect(watched.events).toContainEqual(
      expect.objectContaining({ type: 'store-error', doing: 'publishing the status' }),
    );
    broken = false;
    await watched.advance(5_000, 1);
  });

  test('publishes nothing more once it is disposed or the bus is closed, and leaves no timer behind', async () => {
    await using watched = await openWatchedBus();
    const { bus, clock, statuses, events } = watched;
    const idleTimers = clock.timers;
    const first = publishStatus(bus);
    await first[Symbol.asyncDispose]();
    expect(clock.timers).toBe(idleTimers);
    publishStatus(bus);
    await bus.close();
    expect(clock.timers).toBe(0);
    await clock.advance(60_000);
    expect(statuses).toEqual([]);
    expect(events.filter(({ type }) => type === 'store-error')).toEqual([]);
  });

  test('refuses intervals that cannot work', async () => {
    await using bus = await openBus();
    for (const options of [{ intervalMs: 0 }, { intervalMs: Number.NaN }, { unclaimedMs: -1 }]) {
      expect(() => publishStatus(bus, options)).toThrow(expect.objectContaining({ code: 'invalid_option' }));
    }
  });
});
