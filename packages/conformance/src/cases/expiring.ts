import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs } from '../trial.ts';

/** Messages that are worthless after a while. */
export const expiringCases: readonly ConformanceCase[] = [
  conformanceCase(
    'I11: delivers a message until the millisecond it expires, and not then',
    ['clock'],
    async (trial) => {
      await trial.subscribe('one');
      await trial.subscribe('two');
      await trial.publish({ expiresAt: trial.clock.now() + 1_000 });
      await trial.clock.advance(999);
      assert.deepEqual(idsOf((await trial.lease('one')).deliveries), ['m1']);
      await trial.clock.advance(1);
      assert.deepEqual(idsOf((await trial.nothing('two')).expired), ['m1']);
    },
  ),

  conformanceCase(
    'I8: reports an expired message once to each subscription, and counts it',
    ['clock'],
    async (trial) => {
      await trial.subscribe('one');
      await trial.subscribe('two');
      const [draft] = await trial.publish({ expiresAt: trial.clock.now() + 1_000 });
      await trial.clock.advance(1_000);
      for (const name of ['one', 'two']) {
        assert.equal((await trial.stats(name)).ready, 1);
        const { expired } = await trial.nothing(name);
        assert.deepEqual(expired, [{ seq: await trial.store.head(), record: draft }]);
        assert.deepEqual((await trial.nothing(name)).expired, []);
        const { ready, expired: counted, acked } = await trial.stats(name);
        assert.deepEqual({ ready, counted, acked }, { ready: 0, counted: 1, acked: 0 });
      }
    },
  ),

  conformanceCase('spends no place of a claim on expired messages', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const expiresAt = trial.clock.now() + 1_000;
    await trial.publish({ expiresAt }, {}, { expiresAt }, { expiresAt, priority: 'low' }, {}, {});
    await trial.clock.advance(1_000);
    const { lease, expired } = await trial.claim('worker', { limit: 2 });
    assert.deepEqual(idsOf(lease?.deliveries ?? []), ['m2', 'm5']);
    const later = await trial.claim('worker', { limit: 10 });
    assert.deepEqual(idsOf(later.lease?.deliveries ?? []), ['m6']);
    assert.deepEqual([...idsOf(expired), ...idsOf(later.expired)].sort(), ['m1', 'm3', 'm4']);
  }),

  conformanceCase('I11: expires what waits for a retry or came back, as anything else', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const expiresAt = trial.clock.now() + leaseMs;
    await trial.publish({ expiresAt }, { expiresAt }, { expiresAt }, { expiresAt });
    const lease = await trial.lease('worker');
    await trial.settle(lease, { kind: 'retry', delayMs: leaseMs, reason: 'busy' }, ['m1']);
    await trial.settle(lease, { kind: 'release' }, ['m2']);
    trial.store.markStarted(lease.token, lease.deliveries[2]?.seq ?? 0);
    await trial.clock.advance(leaseMs);
    const expired: string[] = [];
    for (let claims = 0; claims < 2; claims += 1) expired.push(...idsOf((await trial.nothing('worker')).expired));
    assert.deepEqual(expired.sort(), ['m1', 'm2', 'm3', 'm4']);
    const { ready, scheduled, leased, expired: counted } = await trial.stats('worker');
    assert.deepEqual({ ready, scheduled, leased, counted }, { ready: 0, scheduled: 0, leased: 0, counted: 4 });
  }),

  conformanceCase('lets a message be settled that expires while it is worked on', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ expiresAt: trial.clock.now() + 1_000 });
    const lease = await trial.lease('worker');
    await trial.clock.advance(2_000);
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }), ['ok']);
    const { acked, expired } = await trial.stats('worker');
    assert.deepEqual({ acked, expired }, { acked: 1, expired: 0 });
  }),

  conformanceCase('I11: expires a dead letter that is redriven too late', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ expiresAt: trial.clock.now() + 1_000 });
    await trial.settle(await trial.lease('worker'), { kind: 'dead', reason: 'hopeless' });
    await trial.clock.advance(1_000);
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', {}), ['m1']);
    assert.deepEqual(idsOf((await trial.nothing('worker')).expired), ['m1']);
    const { dead, expired } = await trial.stats('worker');
    assert.deepEqual({ dead, expired }, { dead: 0, expired: 1 });
  }),

  conformanceCase('I11: delivers no message whose time is over before it begins', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const at = trial.clock.now();
    await trial.publish({ deliverAt: at + 2_000, expiresAt: at + 1_000 }, { expiresAt: at });
    assert.deepEqual(idsOf((await trial.nothing('worker')).expired), ['m2']);
    await trial.clock.advance(2_000);
    assert.deepEqual(idsOf((await trial.nothing('worker')).expired), ['m1']);
  }),
];
