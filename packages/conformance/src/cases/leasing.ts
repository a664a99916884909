import assert from 'node:assert/strict';
import type { Outcome } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs } from '../trial.ts';

/** One of each kind. */
const outcomes: readonly Outcome[] = [
  { kind: 'ack' },
  { kind: 'retry', delayMs: 0, reason: 'busy' },
  { kind: 'release' },
  { kind: 'dead', reason: 'hopeless' },
];

/** The time-limited right to settle, and what it is worth once it has ended. */
export const leasingCases: readonly ConformanceCase[] = [
  conformanceCase('leases no more than the claim asked for', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {}, {});
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 2 })).deliveries), ['m1', 'm2']);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 2 })).deliveries), ['m3', 'm4']);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 2 })).deliveries), ['m5']);
  }),

  conformanceCase('finds nothing where nothing is owed', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ topic: 'chores.a' });
    const claim = await trial.nothing('worker');
    assert.deepEqual(claim, { lease: undefined, nextDueInMs: undefined, suspectWaiting: false, expired: [] });
    await trial.publish({});
    await trial.settle(await trial.lease('worker'), { kind: 'ack' });
    assert.deepEqual(await trial.nothing('worker'), claim);
  }),

  conformanceCase('hands out a first delivery with a clean record', [], async (trial) => {
    await trial.subscribe('worker');
    const [draft] = await trial.publish({});
    const { lease, nextDueInMs, suspectWaiting, expired } = await trial.claim('worker');
    assert.deepEqual(
      { nextDueInMs, suspectWaiting, expired },
      { nextDueInMs: undefined, suspectWaiting: false, expired: [] },
    );
    assert.deepEqual(lease?.deliveries, [
      { seq: await trial.store.head(), record: draft, starts: 0, suspect: false, redrives: 0, history: [] },
    ]);
  }),

  conformanceCase('I4: leases a message to one claim only, however many ask at once', [], async (trial) => {
    await trial.subscribe('worker');
    const drafts = await trial.publish(...Array.from({ length: 200 }, () => ({})));
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, n) => trial.claim('worker', { consumer: `worker-${n}`, limit: 17, idle: false })),
    );
    const leased = claims.flatMap(({ lease }) => idsOf(lease?.deliveries ?? []));
    assert.deepEqual([...leased].sort(), drafts.map(({ id }) => id).sort());
  }),

  conformanceCase(
    'I4: leases a message again only once its lease has ended, to the millisecond',
    ['clock'],
    async (trial) => {
      await trial.subscribe('worker');
      await trial.publish({}, {});
      await trial.lease('worker');
      assert.equal((await trial.nothing('worker')).nextDueInMs, leaseMs);
      await trial.clock.advance(leaseMs - 1);
      assert.equal((await trial.nothing('worker')).nextDueInMs, 1);
      await trial.clock.advance(1);
      assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1', 'm2']);
    },
  ),

  conformanceCase('I5: lets a settlement count until its lease ends, and not at its end', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    for (const outcome of outcomes) {
      await trial.publish({}, {});
      const lease = await trial.lease('worker', { limit: 2 });
      const [first = '', second = ''] = idsOf(lease.deliveries);
      await trial.clock.advance(leaseMs - 1);
      assert.deepEqual(await trial.settle(lease, { kind: 'ack' }, [first]), ['ok']);
      await trial.clock.advance(1);
      // Nobody else has claimed: the lease has ended all the same.
      assert.deepEqual(await trial.settle(lease, outcome, [second]), ['stale'], outcome.kind);
      const again = await trial.lease('worker');
      assert.deepEqual(idsOf(again.deliveries), [second]);
      await trial.settle(again, { kind: 'ack' });
    }
    assert.equal((await trial.stats('worker')).acked, 2 * outcomes.length);
  }),

  conformanceCase('I5: ignores a former holder while another one holds the message', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({});
    const former = await trial.lease('worker');
    await trial.clock.advance(leaseMs);
    const lease = await trial.lease('worker');
    assert.notEqual(lease.token, former.token);
    for (const outcome of outcomes) assert.deepEqual(await trial.settle(former, outcome), ['stale']);
    assert.equal(await trial.store.renew(former.token, leaseMs), 'stale');
    assert.equal((await trial.stats('worker')).leased, 1);
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }), ['ok']);
  }),

  conformanceCase('I5: does not know tokens and messages that are not in the lease', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {});
    const one = await trial.lease('worker', { limit: 1 });
    const two = await trial.lease('worker', { limit: 1 });
    const seq = two.deliveries[0]?.seq ?? 0;
    const outcome: Outcome = { kind: 'ack' };
    const results = await trial.store.settle([
      { token: one.token, seq, outcome },
      { token: one.token, seq: seq + 100, outcome },
      { token: 'made up', seq, outcome },
      { token: '', seq, outcome },
      { token: two.token, seq, outcome },
    ]);
    assert.deepEqual(results, ['stale', 'stale', 'stale', 'stale', 'ok']);
    assert.equal(await trial.store.renew('made up', leaseMs), 'stale');
    const { leased, acked } = await trial.stats('worker');
    assert.deepEqual({ leased, acked }, { leased: 1, acked: 1 });
  }),

  conformanceCase('I6: lets the first settlement win, in one call and over several', [], async (trial) => {
    await trial.subscribe('worker');
    for (const first of outcomes) {
      for (const second of outcomes) {
        await trial.publish({}, {});
        const lease = await trial.lease('worker', { limit: 2 });
        const [together, apart] = lease.deliveries;
        assert(together !== undefined && apart !== undefined);
        const { token } = lease;
        const what = `${first.kind}, then ${second.kind}`;
        const before = await trial.store.settle([
          { token, seq: together.seq, outcome: first },
          { token, seq: together.seq, outcome: second },
          { token, seq: apart.seq, outcome: first },
        ]);
        assert.deepEqual(before, ['ok', 'stale', 'ok'], what);
        const kept = await trial.stats('worker');
        assert.deepEqual(await trial.settle(lease, second), ['stale', 'stale'], what);
        assert.deepEqual(await trial.stats('worker'), kept, what);
        // Leaves nothing owed to the next round.
        if (kept.ready > 0) await trial.settle(await trial.lease('worker'), { kind: 'ack' });
      }
    }
  }),

  conformanceCase('settles a lease message by message, in any order', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {});
    const lease = await trial.lease('worker');
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }, ['m3']), ['ok']);
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }, ['m1', 'm3']), ['ok', 'stale']);
    await trial.nothing('worker');
    await trial.clock.advance(leaseMs);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2', 'm4']);
  }),

  conformanceCase('settles deliveries of several leases and subscriptions in one call', [], async (trial) => {
    await trial.subscribe('one');
    await trial.subscribe('two');
    await trial.publish({}, {});
    const leases = [
      await trial.lease('one', { limit: 1 }),
      await trial.lease('two'),
      await trial.lease('one', { limit: 1 }),
    ];
    const settlements = leases.flatMap(({ token, deliveries }) =>
      deliveries.map(({ seq }) => ({ token, seq, outcome: { kind: 'ack' } as const })),
    );
    assert.deepEqual(await trial.store.settle(settlements), ['ok', 'ok', 'ok', 'ok']);
    assert.deepEqual(await trial.store.settle([]), []);
    assert.equal((await trial.stats('one')).acked, 2);
    assert.equal((await trial.stats('two')).acked, 2);
  }),

  conformanceCase('renews a lease from now on, as often as asked', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({});
    const lease = await trial.lease('worker');
    for (let renewals = 0; renewals < 3; renewals += 1) {
      await trial.clock.advance(leaseMs - 1);
      assert.equal(await trial.store.renew(lease.token, leaseMs), 'ok');
    }
    assert.equal((await trial.nothing('worker')).nextDueInMs, leaseMs);
    await trial.clock.advance(leaseMs - 1);
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }), ['ok']);
  }),

  conformanceCase('I5: renews no lease at its end, and none that is settled', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {});
    const one = await trial.lease('worker', { limit: 1 });
    const two = await trial.lease('worker', { limit: 1 });
    await trial.settle(one, { kind: 'ack' });
    assert.equal(await trial.store.renew(one.token, leaseMs), 'stale');
    await trial.clock.advance(leaseMs);
    assert.equal(await trial.store.renew(two.token, leaseMs), 'stale');
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2']);
  }),

  conformanceCase('renews what is still open of a lease', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {});
    const lease = await trial.lease('worker');
    await trial.settle(lease, { kind: 'ack' }, ['m2']);
    await trial.clock.advance(leaseMs - 1);
    assert.equal(await trial.store.renew(lease.token, leaseMs), 'ok');
    await trial.clock.advance(leaseMs);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1', 'm3']);
  }),
];
