import assert from 'node:assert/strict';
import type { SubscriptionStats } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs, type Trial } from '../trial.ts';

/** The deliveries that the figures of a subscription account for. */
function accounted(stats: SubscriptionStats): number {
  const { ready, scheduled, leased, acked, dead, expired, discarded } = stats;
  return ready + scheduled + leased + acked + dead + expired + discarded;
}

/** Asserts that nothing is lost or counted twice, and returns the figures of a subscription for a closer look. */
async function audit(trial: Trial, published: number): Promise<Record<string, number>> {
  const { subscriptions } = await trial.store.stats();
  for (const stats of subscriptions) assert.equal(accounted(stats), published, JSON.stringify(stats));
  const { ready, scheduled, leased, acked, dead, expired, discarded } = await trial.stats('worker');
  const figures = { ready, scheduled, leased, acked, dead, expired, discarded };
  return Object.fromEntries(Object.entries(figures).filter(([, count]) => count !== 0));
}

/** What the store says of itself. */
export const countingCases: readonly ConformanceCase[] = [
  conformanceCase('has nothing to tell of an empty store', [], async (trial) => {
    assert.deepEqual(await trial.store.stats(), { topics: [], subscriptions: [] });
    await trial.subscribe('worker');
    assert.deepEqual(await trial.store.stats(), {
      topics: [],
      subscriptions: [
        {
          name: 'worker',
          pattern: 'jobs.>',
          settings: {},
          ready: 0,
          scheduled: 0,
          leased: 0,
          dead: 0,
          acked: 0,
          expired: 0,
          discarded: 0,
          oldestUnackedMs: undefined,
        },
      ],
    });
  }),

  conformanceCase('counts messages by topic, and the delayed ones apart', ['clock'], async (trial) => {
    const deliverAt = trial.clock.now() + 1_000;
    await trial.publish({ topic: 'b' }, { topic: 'a', deliverAt }, { topic: 'b' }, { topic: 'b', deliverAt });
    assert.deepEqual((await trial.store.stats()).topics, [
      { topic: 'a', messages: 0, delayed: 1 },
      { topic: 'b', messages: 2, delayed: 1 },
    ]);
    await trial.clock.advance(1_000);
    await trial.subscribe('worker', { pattern: 'nothing' });
    await trial.nothing('worker');
    assert.deepEqual((await trial.store.stats()).topics, [
      { topic: 'a', messages: 1, delayed: 0 },
      { topic: 'b', messages: 3, delayed: 0 },
    ]);
  }),

  conformanceCase('lists subscriptions by name, each with what is its own', [], async (trial) => {
    await trial.subscribe('zebra', { pattern: 'jobs.a', settings: { maxAttempts: 3 } });
    await trial.subscribe('ant', { pattern: 'jobs.*' });
    await trial.publish({}, { topic: 'jobs.b' }, { topic: 'chores.c' });
    const { subscriptions } = await trial.store.stats();
    assert.deepEqual(
      subscriptions.map(({ name, pattern, settings, ready }) => ({ name, pattern, settings, ready })),
      [
        { name: 'ant', pattern: 'jobs.*', settings: {}, ready: 2 },
        { name: 'zebra', pattern: 'jobs.a', settings: { maxAttempts: 3 }, ready: 1 },
      ],
    );
  }),

  conformanceCase('knows the age of the oldest delivery that is owed', ['clock'], async (trial) => {
    const age = async () => (await trial.stats('worker')).oldestUnackedMs;
    await trial.subscribe('worker');
    await trial.publish({ topic: 'chores.a' });
    await trial.clock.advance(100);
    await trial.publish({});
    await trial.clock.advance(10);
    await trial.publish({});
    await trial.clock.advance(1);
    assert.equal(await age(), 11);
    const lease = await trial.lease('worker');
    assert.equal(await age(), 11);
    await trial.settle(lease, { kind: 'ack' }, ['m2']);
    assert.equal(await age(), 1);
    await trial.settle(lease, { kind: 'retry', delayMs: 5_000, reason: 'busy' }, ['m3']);
    assert.equal(await age(), 1);
    await trial.clock.advance(5_000);
    await trial.settle(await trial.lease('worker'), { kind: 'dead', reason: 'hopeless' });
    assert.equal(await age(), undefined);
  }),

  conformanceCase(
    'I8: accounts for every message and subscription after every step of a long story',
    ['clock'],
    async (trial) => {
      const { clock, store } = trial;
      await trial.subscribe('worker');
      await trial.subscribe('observer');
      await trial.publish({}, { priority: 'urgent' }, { expiresAt: clock.now() + 60_000 }, {}, {});
      await trial.publish({ deliverAt: clock.now() + 90_000 }, { settledFor: ['observer'] });
      assert.deepEqual(await audit(trial, 7), { ready: 6, scheduled: 1 });

      const lease = await trial.lease('worker', { limit: 4 });
      assert.deepEqual(idsOf(lease.deliveries), ['m2', 'm1', 'm3', 'm4']);
      assert.deepEqual(await audit(trial, 7), { ready: 2, scheduled: 1, leased: 4 });

      await trial.settle(lease, { kind: 'ack' }, ['m2']);
      assert.deepEqual(await audit(trial, 7), { ready: 2, scheduled: 1, leased: 3, acked: 1 });
      await trial.settle(lease, { kind: 'retry', delayMs: 5_000, reason: 'busy' }, ['m1']);
      assert.deepEqual(await audit(trial, 7), { ready: 2, scheduled: 2, leased: 2, acked: 1 });
      await trial.settle(lease, { kind: 'release' }, ['m3']);
      assert.deepEqual(await audit(trial, 7), { ready: 3, scheduled: 2, leased: 1, acked: 1 });
      store.markStarted(lease.token, lease.deliveries[3]?.seq ?? 0);

      await clock.advance(5_000);
      assert.deepEqual(await audit(trial, 7), { ready: 4, scheduled: 1, leased: 1, acked: 1 });
      await clock.advance(55_000);
      // The lease has run out, and the message released is past its time: the next claims find that.
      const suspect = await trial.lease('worker');
      assert.deepEqual(idsOf(suspect.deliveries), ['m4']);
      assert.deepEqual(await audit(trial, 7), { ready: 4, scheduled: 1, leased: 1, acked: 1 });
      await trial.settle(suspect, { kind: 'dead', reason: 'crashes' });
      assert.deepEqual(await audit(trial, 7), { ready: 4, scheduled: 1, acked: 1, dead: 1 });

      const rest = await trial.claim('worker');
      assert.deepEqual(idsOf(rest.lease?.deliveries ?? []), ['m1', 'm5', 'm7']);
      assert.deepEqual(idsOf(rest.expired), ['m3']);
      assert.deepEqual(await audit(trial, 7), { scheduled: 1, leased: 3, acked: 1, dead: 1, expired: 1 });
      await clock.advance(leaseMs);
      const again = await trial.lease('worker');
      assert.deepEqual(idsOf(again.deliveries), ['m1', 'm5', 'm7', 'm6']);
      await trial.settle(again, { kind: 'ack' }, ['m1', 'm6']);
      await trial.settle(again, { kind: 'dead', reason: 'hopeless' }, ['m5', 'm7']);
      assert.deepEqual(await audit(trial, 7), { acked: 3, dead: 3, expired: 1 });

      await store.resolveDead('worker', 'redrive', { ids: ['m5'] });
      assert.deepEqual(await audit(trial, 7), { ready: 1, acked: 3, dead: 2, expired: 1 });
      await store.resolveDead('worker', 'discard', { limit: 1 });
      assert.deepEqual(await audit(trial, 7), { ready: 1, acked: 3, dead: 1, expired: 1, discarded: 1 });
      await trial.settle(await trial.lease('worker'), { kind: 'dead', reason: 'again' });
      assert.deepEqual(await audit(trial, 7), { acked: 3, dead: 2, expired: 1, discarded: 1 });

      await trial.settle(await trial.lease('observer'), { kind: 'ack' });
      const { acked, expired, oldestUnackedMs } = await trial.stats('observer');
      assert.deepEqual({ acked, expired, oldestUnackedMs }, { acked: 6, expired: 1, oldestUnackedMs: undefined });
    },
  ),
];
