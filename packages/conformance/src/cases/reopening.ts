import assert from 'node:assert/strict';
import type { ConformanceCase, Ending } from '../harness.ts';
import { assertRejects, conformanceCase, idsOf, leaseMs } from '../trial.ts';

const endings: readonly Ending[] = ['closed', 'crashed'];
const how: Readonly<Record<Ending, string>> = { closed: 'after closing', crashed: 'after a crash' };

/** What outlives the process. Each case is told twice: of a store that was closed, and of one that was killed. */
export const reopeningCases: readonly ConformanceCase[] = endings.flatMap((ending) => [
  conformanceCase(`I1: has every message, figure and place in the log ${how[ending]}`, ['reopen'], async (trial) => {
    await trial.subscribe('worker', { settings: { maxAttempts: 5 } });
    await trial.publish({ headers: { a: '1' }, key: 'k' }, { priority: 'urgent' }, { body: '"\\u0000"' });
    await trial.settle(await trial.lease('worker', { limit: 1 }), { kind: 'ack' });
    const [messages, head, stats] = await Promise.all([
      trial.store.read({ limit: 10 }),
      trial.store.head(),
      trial.store.stats(),
    ]);
    await trial.reopen(ending);
    assert.deepEqual(await trial.store.read({ limit: 10 }), messages);
    assert.equal(await trial.store.head(), head);
    assert.deepEqual(await trial.store.stats(), stats);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1', 'm3']);
    await trial.publish({});
    const [added] = await trial.store.read({ afterSeq: head, limit: 10 });
    assert.equal(added?.record.id, 'm4');
  }),

  conformanceCase(`I9: knows its ids, published and delayed, ${how[ending]}`, ['reopen', 'clock'], async (trial) => {
    const drafts = await trial.publish({}, { deliverAt: trial.clock.now() + 1_000 });
    await trial.reopen(ending);
    assert.deepEqual(await trial.store.append(drafts), [{ duplicate: true }, { duplicate: true }]);
    const [, delayed] = drafts;
    assert(delayed !== undefined);
    await assertRejects(trial.store.append([{ ...delayed, body: '0' }]), 'id_conflict');
  }),

  conformanceCase(`I11: delivers delayed messages when due ${how[ending]}`, ['reopen', 'clock'], async (trial) => {
    await trial.subscribe('worker');
    const at = trial.clock.now();
    await trial.publish({ deliverAt: at + 2_000 }, { deliverAt: at + 1_000 });
    await trial.reopen(ending);
    assert.equal((await trial.nothing('worker')).nextDueInMs, 1_000);
    await trial.clock.advance(2_000);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2', 'm1']);
  }),

  conformanceCase(`I4 I5: honours leases and their tokens ${how[ending]}`, ['reopen', 'clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {});
    const one = await trial.lease('worker', { limit: 1 });
    const two = await trial.lease('worker', { limit: 1 });
    const settled = await trial.lease('worker', { limit: 1 });
    await trial.settle(settled, { kind: 'ack' });
    await trial.reopen(ending);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 10 })).deliveries), ['m4']);
    assert.deepEqual(await trial.settle(settled, { kind: 'release' }), ['stale']);
    assert.deepEqual(await trial.settle(one, { kind: 'ack' }), ['ok']);
    await trial.clock.advance(leaseMs - 1);
    await trial.nothing('worker');
    await trial.clock.advance(1);
    assert.deepEqual(await trial.settle(two, { kind: 'ack' }), ['stale']);
    const again = await trial.lease('worker');
    assert.deepEqual(idsOf(again.deliveries), ['m2', 'm4']);
    assert.equal([one, two, settled].map(({ token }) => token).includes(again.token), false);
  }),

  conformanceCase(`I7: charges exactly what had started ${how[ending]}`, ['reopen', 'clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {});
    const { token, deliveries } = await trial.lease('worker');
    trial.store.markStarted(token, deliveries[1]?.seq ?? 0);
    await trial.reopen(ending);
    await trial.clock.advance(leaseMs);
    const suspect = await trial.lease('worker');
    assert.deepEqual(
      suspect.deliveries.map(({ record: { id }, starts, suspect }) => ({ id, starts, suspect })),
      [{ id: 'm2', starts: 1, suspect: true }],
    );
    const mates = await trial.lease('worker');
    assert.deepEqual(
      mates.deliveries.map(({ record: { id }, starts }) => ({ id, starts })),
      [
        { id: 'm1', starts: 0 },
        { id: 'm3', starts: 0 },
      ],
    );
  }),

  conformanceCase(`keeps retries, suspects and dead letters ${how[ending]}`, ['reopen', 'clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {});
    const lease = await trial.lease('worker');
    await trial.settle(lease, { kind: 'retry', delayMs: leaseMs + 1_000, reason: 'busy' }, ['m1']);
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless', detail: 'why' }, ['m2']);
    trial.store.markStarted(lease.token, lease.deliveries[2]?.seq ?? 0);
    await trial.clock.advance(leaseMs);
    assert.equal((await trial.nothing('worker', { idle: false })).suspectWaiting, true);
    const dead = await trial.store.deadLetters('worker', { limit: 10 });
    await trial.reopen(ending);
    assert.equal((await trial.nothing('worker', { idle: false })).suspectWaiting, true);
    assert.deepEqual(await trial.store.deadLetters('worker', { limit: 10 }), dead);
    await trial.settle(await trial.lease('worker'), { kind: 'ack' });
    assert.equal((await trial.nothing('worker')).nextDueInMs, 1_000);
    await trial.clock.advance(1_000);
    const [delivery] = (await trial.lease('worker')).deliveries;
    assert.deepEqual({ id: delivery?.record.id, starts: delivery?.starts }, { id: 'm1', starts: 1 });
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', {}), ['m2']);
  }),

  conformanceCase(`goes on with the turns of the priorities ${how[ending]}`, ['reopen'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ priority: 'urgent' }, { priority: 'urgent' }, { priority: 'high' });
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 1 })).deliveries), ['m1']);
    await trial.reopen(ending);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 1 })).deliveries), ['m3']);
  }),

  conformanceCase(`refuses another configuration ${how[ending]}`, ['reopen'], async (trial) => {
    await trial.subscribe('worker', { settings: { maxAttempts: 5 } });
    await trial.reopen(ending);
    assert.deepEqual(await trial.subscribe('worker'), { maxAttempts: 5 });
    await assertRejects(trial.subscribe('worker', { settings: { maxAttempts: 6 } }), 'config_conflict');
    await assertRejects(trial.subscribe('worker', { pattern: 'other' }), 'config_conflict');
  }),

  conformanceCase(
    `goes by the wall clock across a restart of the machine, ${how[ending]}`,
    ['reopen', 'clock'],
    async (trial) => {
      await trial.subscribe('worker');
      await trial.publish({}, {}, {});
      const lease = await trial.lease('worker');
      await trial.settle(lease, { kind: 'release' }, ['m1']);
      await trial.settle(lease, { kind: 'retry', delayMs: leaseMs + 10_000, reason: 'busy' }, ['m2']);
      await trial.clock.advance(5_000);
      trial.clock.reboot('another boot');
      await trial.reopen(ending);
      // Due at once is due at once, though the monotonic clock has started again below all that it has said before.
      const atOnce = await trial.lease('worker');
      assert.equal(idsOf(atOnce.deliveries).includes('m1'), true);
      await trial.settle(atOnce, { kind: 'ack' });
      // Whose lease it was is dead, so it may end early; it must not end late.
      await trial.clock.advance(leaseMs - 5_000);
      await trial.claim('worker');
      const { ready, scheduled } = await trial.stats('worker');
      assert.deepEqual({ ready, scheduled }, { ready: 0, scheduled: 1 });
      await trial.clock.advance(9_999);
      await trial.nothing('worker');
      await trial.clock.advance(1);
      assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2']);
    },
  ),
]);
