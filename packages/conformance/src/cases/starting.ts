import assert from 'node:assert/strict';
import type { Lease, LeasedDelivery } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs, type Trial } from '../trial.ts';

/** Marks deliveries of a lease as started, all of them or those with certain ids. */
function start({ store }: Trial, { token, deliveries }: Lease, ids = idsOf(deliveries)): void {
  for (const { seq, record } of deliveries) if (ids.includes(record.id)) store.markStarted(token, seq);
}

/** What a delivery says of its past, without the texts of its failures. */
function pastOf({ record, starts, suspect, history }: LeasedDelivery): object {
  return { id: record.id, starts, suspect, attempts: history.map(({ attempt }) => attempt) };
}

const worker = 'worker';

/** Which attempts are counted, and what becomes of a message that may have killed its consumer. */
export const startingCases: readonly ConformanceCase[] = [
  conformanceCase('I7: charges a lease that ran out to the messages that were started', ['clock'], async (trial) => {
    await trial.subscribe(worker);
    await trial.publish({}, {}, {}, {});
    start(trial, await trial.lease(worker), ['m2']);
    const ended = trial.clock.now() + leaseMs;
    await trial.clock.advance(leaseMs);
    const suspect = await trial.lease(worker);
    assert.deepEqual(suspect.deliveries.map(pastOf), [{ id: 'm2', starts: 1, suspect: true, attempts: [1] }]);
    const [failure] = suspect.deliveries[0]?.history ?? [];
    assert.equal(failure?.at, ended);
    assert.match(failure?.reason ?? '', /\S/);
    const mates = await trial.lease(worker);
    assert.deepEqual(mates.deliveries.map(pastOf), [
      { id: 'm1', starts: 0, suspect: false, attempts: [] },
      { id: 'm3', starts: 0, suspect: false, attempts: [] },
      { id: 'm4', starts: 0, suspect: false, attempts: [] },
    ]);
  }),

  conformanceCase(
    'I7: charges one attempt for each lease that ran out, however often it was marked',
    ['clock'],
    async (trial) => {
      await trial.subscribe(worker);
      await trial.publish({});
      for (const starts of [0, 1, 2, 3]) {
        const lease = await trial.lease(worker);
        assert.equal(lease.deliveries[0]?.starts, starts);
        start(trial, lease);
        start(trial, lease);
        await trial.clock.advance(leaseMs);
      }
      const { deliveries } = await trial.lease(worker);
      assert.deepEqual(deliveries.map(pastOf), [{ id: 'm1', starts: 4, suspect: true, attempts: [1, 2, 3, 4] }]);
    },
  ),

  conformanceCase('I7: charges nothing for a mark under a lease that is no more', ['clock'], async (trial) => {
    await trial.subscribe(worker);
    await trial.publish({}, {});
    const former = await trial.lease(worker);
    await trial.settle(former, { kind: 'release' }, ['m1']);
    start(trial, former, ['m1']);
    await trial.clock.advance(leaseMs);
    const lease = await trial.lease(worker);
    assert.deepEqual(idsOf(lease.deliveries), ['m1', 'm2']);
    start(trial, former);
    trial.store.markStarted('made up', 1);
    trial.store.markStarted(lease.token, 1_000_000);
    await trial.clock.advance(leaseMs);
    for (const { starts, suspect } of (await trial.lease(worker)).deliveries) {
      assert.deepEqual({ starts, suspect }, { starts: 0, suspect: false });
    }
  }),

  conformanceCase('I7: keeps a release free of charge, started or not', ['clock'], async (trial) => {
    await trial.subscribe(worker);
    await trial.publish({}, {});
    const lease = await trial.lease(worker);
    start(trial, lease, ['m1']);
    await trial.settle(lease, { kind: 'release' });
    const again = await trial.lease(worker);
    assert.deepEqual(again.deliveries.map(pastOf), [
      { id: 'm1', starts: 0, suspect: false, attempts: [] },
      { id: 'm2', starts: 0, suspect: false, attempts: [] },
    ]);
    await trial.settle(again, { kind: 'retry', delayMs: 0, reason: 'busy' }, ['m2']);
    const failed = await trial.lease(worker);
    await trial.settle(failed, { kind: 'release' });
    assert.deepEqual((await trial.lease(worker)).deliveries.map(pastOf), [
      { id: 'm2', starts: 1, suspect: false, attempts: [1] },
    ]);
  }),

  conformanceCase(
    'I7: charges a retry one attempt, with its reason, whether or not a start was marked',
    [],
    async (trial) => {
      await trial.subscribe(worker);
      await trial.publish({});
      for (const [index, reason] of ['first', 'second', 'third'].entries()) {
        const lease = await trial.lease(worker);
        if (index === 1) start(trial, lease);
        await trial.settle(lease, { kind: 'retry', delayMs: 0, reason });
      }
      const { deliveries } = await trial.lease(worker);
      const at = trial.clock.now();
      assert.equal(deliveries[0]?.starts, 3);
      assert.deepEqual(deliveries[0]?.history, [
        { attempt: 1, at, reason: 'first' },
        { attempt: 2, at, reason: 'second' },
        { attempt: 3, at, reason: 'third' },
      ]);
    },
  ),

  conformanceCase('remembers the newest 32 failures and counts them all', [], async (trial) => {
    await trial.subscribe(worker);
    await trial.publish({});
    for (let attempt = 1; attempt <= 40; attempt += 1) {
      await trial.settle(await trial.lease(worker), { kind: 'retry', delayMs: 0, reason: `failure ${attempt}` });
    }
    const [delivery] = (await trial.lease(worker)).deliveries;
    assert.equal(delivery?.starts, 40);
    assert.equal(delivery.history.length, 32);
    assert.deepEqual(delivery.history[0], { attempt: 9, at: trial.clock.now(), reason: 'failure 9' });
    assert.equal(delivery.history.at(-1)?.attempt, 40);
  }),

  conformanceCase('leases suspects one by one, each alone, before anything else', ['clock'], async (trial) => {
    await trial.subscribe(worker);
    await trial.publish({}, {}, {});
    start(trial, await trial.lease(worker), ['m1', 'm3']);
    await trial.clock.advance(leaseMs);
    await trial.publish({ priority: 'urgent' });
    const claimed: (readonly string[])[] = [];
    for (let claims = 0; claims < 3; claims += 1) claimed.push(idsOf((await trial.lease(worker)).deliveries));
    assert.deepEqual(claimed, [['m1'], ['m3'], ['m2', 'm4']]);
  }),

  conformanceCase(
    'makes a suspect wait until the consumer is idle, and the consumer for the suspect',
    ['clock'],
    async (trial) => {
      await trial.subscribe(worker);
      await trial.publish({}, {});
      start(trial, await trial.lease(worker, { limit: 1 }));
      await trial.clock.advance(leaseMs);
      // A busy consumer is given nothing else either, so that it becomes idle.
      const busy = await trial.nothing(worker, { idle: false });
      assert.equal(busy.suspectWaiting, true);
      const idle = await trial.claim(worker, { idle: true });
      assert.equal(idle.suspectWaiting, false);
      assert.deepEqual(idsOf(idle.lease?.deliveries ?? []), ['m1']);
      // Once the suspect is leased, other consumers go on.
      const other = await trial.claim(worker, { idle: false });
      assert.equal(other.suspectWaiting, false);
      assert.deepEqual(idsOf(other.lease?.deliveries ?? []), ['m2']);
    },
  ),

  conformanceCase(
    'suspects a message that was released or never started, until a retry shows it harmless',
    ['clock'],
    async (trial) => {
      await trial.subscribe(worker);
      await trial.publish({});
      start(trial, await trial.lease(worker));
      await trial.clock.advance(leaseMs);
      // Released or never started, it has not shown yet that it does no harm.
      await trial.settle(await trial.lease(worker), { kind: 'release' });
      assert.equal((await trial.nothing(worker, { idle: false })).suspectWaiting, true);
      const unstarted = await trial.lease(worker);
      assert.equal(unstarted.deliveries[0]?.suspect, true);
      await trial.clock.advance(leaseMs);
      const survived = await trial.lease(worker);
      assert.deepEqual(survived.deliveries.map(pastOf), [{ id: 'm1', starts: 1, suspect: true, attempts: [1] }]);
      await trial.settle(survived, { kind: 'retry', delayMs: 0, reason: 'busy' });
      assert.deepEqual((await trial.lease(worker, { idle: false })).deliveries.map(pastOf), [
        { id: 'm1', starts: 2, suspect: false, attempts: [1, 2] },
      ]);
    },
  ),

  conformanceCase('I7: charges a dead letter its last attempt only if it was started', [], async (trial) => {
    await trial.subscribe(worker);
    await trial.publish({}, {});
    const lease = await trial.lease(worker);
    start(trial, lease, ['m1']);
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless' });
    const dead = await trial.store.deadLetters(worker, { limit: 10 });
    assert.deepEqual(
      dead.map(({ starts, history }) => ({ starts, history })),
      [
        { starts: 1, history: [{ attempt: 1, at: trial.clock.now(), reason: 'hopeless' }] },
        { starts: 0, history: [] },
      ],
    );
  }),
];
