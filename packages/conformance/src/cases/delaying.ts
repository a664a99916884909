import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { rung } from '../rung.ts';
import { conformanceCase, idsOf } from '../trial.ts';

/** Messages that are not to be delivered yet. */
export const delayingCases: readonly ConformanceCase[] = [
  conformanceCase('I11: hides a delayed message until the millisecond it is due', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const [draft] = await trial.publish({ deliverAt: trial.clock.now() + 1_000 });
    await trial.clock.advance(999);
    await trial.nothing('worker');
    assert.deepEqual(await trial.store.read({ limit: 10 }), []);
    await trial.clock.advance(1);
    const { deliveries } = await trial.lease('worker');
    assert.deepEqual(deliveries[0]?.record, draft);
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1']);
  }),

  conformanceCase('says to the millisecond when the next delayed message is due', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ deliverAt: trial.clock.now() + 5_000 }, { deliverAt: trial.clock.now() + 2_000 });
    assert.equal((await trial.nothing('worker')).nextDueInMs, 2_000);
    await trial.clock.advance(1_500);
    assert.equal((await trial.nothing('worker')).nextDueInMs, 500);
  }),

  conformanceCase(
    'gives delayed messages their place in the log in the order they fall due',
    ['clock'],
    async (trial) => {
      const at = trial.clock.now();
      await trial.publish({ deliverAt: at + 300 }, { deliverAt: at + 100 }, { deliverAt: at + 200 });
      await trial.publish({ deliverAt: at + 200 });
      await trial.clock.advance(250);
      await trial.publish({});
      await trial.clock.advance(100);
      await trial.subscribe('worker');
      // Of those due at one moment the one published first comes first; what was published meanwhile stays before.
      const expected = ['m2', 'm3', 'm4', 'm5', 'm1'];
      assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), expected);
      assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), expected);
    },
  ),

  conformanceCase('takes a message whose time has come already as one without delay', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ deliverAt: trial.clock.now() }, { deliverAt: trial.clock.now() - 1 });
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1', 'm2']);
  }),

  conformanceCase('rings when a delayed message falls due', ['clock'], async (trial) => {
    await trial.publish({ deliverAt: trial.clock.now() + 1_000 });
    await rung(trial.store, () => trial.clock.advance(1_000));
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1']);
  }),

  conformanceCase('rings when a claim finds that a delayed message has fallen due', ['clock'], async (trial) => {
    await trial.subscribe('other', { pattern: 'nothing' });
    await trial.publish({ deliverAt: trial.clock.now() + 1_000 });
    trial.clock.jumpWall(1_000);
    await rung(trial.store, () => trial.nothing('other'));
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1']);
  }),

  conformanceCase('I11: keeps a delayed message back when the wall clock is set back', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ deliverAt: trial.clock.now() + 1_000 });
    trial.clock.jumpWall(-3_600_000);
    await trial.clock.advance(1_000);
    assert.equal((await trial.nothing('worker')).nextDueInMs, 3_600_000);
    await trial.clock.advance(3_600_000);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1']);
  }),

  conformanceCase('delivers a delayed message when the wall clock is set past its time', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ deliverAt: trial.clock.now() + 1_000 });
    trial.clock.jumpWall(3_600_000);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1']);
  }),

  conformanceCase(
    'owes a delayed message to the subscriptions that exist when it falls due',
    ['clock'],
    async (trial) => {
      await trial.subscribe('gone');
      await trial.publish({ deliverAt: trial.clock.now() + 1_000 });
      await trial.subscribe('fresh', { from: 'new' });
      await trial.store.removeSubscription('gone');
      assert.equal((await trial.stats('fresh')).scheduled, 1);
      await trial.clock.advance(1_000);
      await trial.subscribe('late', { from: 'new' });
      assert.deepEqual(idsOf((await trial.lease('fresh')).deliveries), ['m1']);
      await trial.nothing('late');
    },
  ),

  conformanceCase('I8: never owes a delayed message to a subscription it is settled for', ['clock'], async (trial) => {
    await trial.subscribe('reader');
    await trial.subscribe('removed');
    await trial.publish({ deliverAt: trial.clock.now() + 1_000, settledFor: ['reader', 'removed'] });
    await trial.store.removeSubscription('removed');
    await trial.clock.advance(1_000);
    await trial.nothing('reader');
    const { acked, ready, scheduled } = await trial.stats('reader');
    assert.deepEqual({ acked, ready, scheduled }, { acked: 1, ready: 0, scheduled: 0 });
  }),
];
