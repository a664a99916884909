import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs } from '../trial.ts';

const retryIn = (delayMs: number) => ({ kind: 'retry', delayMs, reason: 'busy' }) as const;

/** Deliveries that are owed again, and when. */
export const retryingCases: readonly ConformanceCase[] = [
  conformanceCase('delivers a retry when its delay is over, to the millisecond', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({});
    await trial.settle(await trial.lease('worker'), retryIn(5_000));
    assert.equal((await trial.nothing('worker')).nextDueInMs, 5_000);
    await trial.clock.advance(4_999);
    assert.equal((await trial.nothing('worker')).nextDueInMs, 1);
    assert.equal((await trial.stats('worker')).scheduled, 1);
    await trial.clock.advance(1);
    assert.equal((await trial.stats('worker')).ready, 1);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1']);
  }),

  conformanceCase('delivers retries in the order they fall due, and then as published', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {}, {});
    const lease = await trial.lease('worker');
    await trial.settle(lease, retryIn(300), ['m1', 'm2']);
    await trial.settle(lease, retryIn(100), ['m5']);
    await trial.settle(lease, retryIn(200), ['m4', 'm3']);
    await trial.clock.advance(300);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m5', 'm3', 'm4', 'm1', 'm2']);
  }),

  conformanceCase('delivers what is due at once before what has become due', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {});
    const lease = await trial.lease('worker');
    await trial.settle(lease, retryIn(10), ['m1']);
    await trial.clock.advance(1_000);
    await trial.settle(lease, { kind: 'release' }, ['m4']);
    await trial.settle(lease, retryIn(0), ['m3']);
    await trial.settle(lease, retryIn(-5), ['m2']);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2', 'm3', 'm4', 'm1']);
  }),

  conformanceCase('says when the first of several things falls due', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, { deliverAt: trial.clock.now() + 20_000 });
    const lease = await trial.lease('worker', { limit: 1 });
    await trial.settle(lease, retryIn(10_000));
    await trial.lease('worker', { limit: 1, leaseMs: 15_000 });
    const expected = [10_000, 5_000, 5_000];
    for (const dueIn of expected) {
      assert.equal((await trial.nothing('worker')).nextDueInMs, dueIn);
      await trial.clock.advance(dueIn);
      await trial.settle(await trial.lease('worker'), { kind: 'ack' });
    }
    assert.equal((await trial.nothing('worker')).nextDueInMs, undefined);
  }),

  conformanceCase('delivers each retry once and keeps the messages around it', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {});
    const lease = await trial.lease('worker');
    await trial.settle(lease, retryIn(1_000), ['m2']);
    await trial.settle(lease, { kind: 'ack' }, ['m1']);
    await trial.clock.advance(1_000);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2']);
    await trial.nothing('worker');
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }, ['m3']), ['ok']);
  }),

  conformanceCase(
    'L6: keeps leases and retries as they are when the wall clock jumps an hour',
    ['clock'],
    async (trial) => {
      for (const [index, jump] of [3_600_000, -3_600_000].entries()) {
        const name = `worker-${index}`;
        await trial.subscribe(name, { from: 'new' });
        await trial.publish({}, {}, {});
        await trial.settle(await trial.lease(name, { limit: 1 }), retryIn(10_000));
        const held = await trial.lease(name, { limit: 1 });
        const released = await trial.lease(name, { limit: 1 });
        await trial.settle(released, { kind: 'release' });
        trial.clock.jumpWall(jump);
        // Due at once is due at once, whatever the clock says now.
        assert.deepEqual(idsOf((await trial.lease(name, { limit: 1 })).deliveries), idsOf(released.deliveries));
        assert.equal((await trial.nothing(name)).nextDueInMs, 10_000);
        await trial.clock.advance(9_999);
        await trial.nothing(name);
        assert.equal(await trial.store.renew(held.token, leaseMs), 'ok');
        await trial.clock.advance(1);
        await trial.lease(name);
        await trial.clock.advance(leaseMs - 2);
        assert.deepEqual(await trial.settle(held, { kind: 'ack' }), ['ok']);
      }
    },
  ),
];
