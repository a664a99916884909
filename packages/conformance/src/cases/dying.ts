import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs, type Trial } from '../trial.ts';

/** Opens the subscription `worker` and makes dead letters of so many messages. */
async function bury(trial: Trial, count: number): Promise<void> {
  await trial.subscribe('worker');
  await trial.publish(...Array.from({ length: count }, () => ({})));
  await trial.settle(await trial.lease('worker'), { kind: 'dead', reason: 'hopeless' });
}

const deadIds = async (trial: Trial) => idsOf(await trial.store.deadLetters('worker', { limit: 100 }));

/** Deliveries given up, and brought back. */
export const dyingCases: readonly ConformanceCase[] = [
  conformanceCase('I8: keeps a dead letter with its message, reason and history', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const drafts = await trial.publish({ headers: { a: '1' } }, {});
    const lease = await trial.lease('worker');
    const failedAt = trial.clock.now();
    await trial.settle(lease, { kind: 'retry', delayMs: 1_000, reason: 'busy' }, ['m1']);
    await trial.clock.advance(1_000);
    const again = await trial.lease('worker');
    trial.store.markStarted(again.token, again.deliveries[0]?.seq ?? 0);
    await trial.clock.advance(10);
    await trial.settle(again, { kind: 'dead', reason: 'gave up', detail: 'Error: no luck\n    at work' });
    await trial.settle(lease, { kind: 'dead', reason: 'schema' }, ['m2']);
    const diedAt = trial.clock.now();
    const seqs = (await trial.store.read({ limit: 2 })).map(({ seq }) => seq);
    assert.deepEqual(await trial.store.deadLetters('worker', { limit: 10 }), [
      {
        seq: seqs[0],
        record: drafts[0],
        reason: 'gave up',
        detail: 'Error: no luck\n    at work',
        diedAt,
        starts: 2,
        redrives: 0,
        history: [
          { attempt: 1, at: failedAt, reason: 'busy' },
          { attempt: 2, at: diedAt, reason: 'gave up' },
        ],
      },
      { seq: seqs[1], record: drafts[1], reason: 'schema', diedAt, starts: 0, redrives: 0, history: [] },
    ]);
    await trial.nothing('worker');
  }),

  conformanceCase('lists dead letters in order of publishing, page by page', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {}, {});
    const lease = await trial.lease('worker');
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless' }, ['m4', 'm1', 'm5', 'm2']);
    const page = await trial.store.deadLetters('worker', { limit: 3 });
    assert.deepEqual(idsOf(page), ['m1', 'm2', 'm4']);
    const rest = await trial.store.deadLetters('worker', { limit: 3, afterSeq: page.at(-1)?.seq ?? 0 });
    assert.deepEqual(idsOf(rest), ['m5']);
  }),

  conformanceCase(
    'I8: redrives a dead letter with its id, headers and history, and no attempts',
    ['clock'],
    async (trial) => {
      await trial.subscribe('worker', { settings: { maxAttempts: 1 } });
      const [draft] = await trial.publish({ id: 'poison', headers: { a: '1' }, key: 'k' });
      const died: number[] = [];
      for (const redrives of [0, 1, 2]) {
        const lease = await trial.lease('worker');
        const [delivery] = lease.deliveries;
        assert(delivery !== undefined);
        assert.deepEqual(delivery.record, draft);
        assert.deepEqual(
          { starts: delivery.starts, suspect: delivery.suspect, redrives: delivery.redrives },
          { starts: 0, suspect: false, redrives },
        );
        assert.deepEqual(
          delivery.history,
          died.map((at, n) => ({ attempt: 1, at, reason: `death ${n}` })),
        );
        trial.store.markStarted(lease.token, delivery.seq);
        await trial.clock.advance(100);
        died.push(trial.clock.now());
        await trial.settle(lease, { kind: 'dead', reason: `death ${redrives}` });
        const [dead] = await trial.store.deadLetters('worker', { limit: 1 });
        assert.deepEqual(dead?.record, draft);
        assert.deepEqual({ redrives: dead?.redrives, starts: dead?.starts }, { redrives, starts: 1 });
        assert.equal(dead?.history.length, redrives + 1);
        assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', {}), ['poison']);
      }
      assert.deepEqual((await trial.stats('worker')).settings, { maxAttempts: 1 });
    },
  ),

  conformanceCase('I8: counts the attempts of a redriven message from zero', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({});
    for (let crashes = 0; crashes < 2; crashes += 1) {
      const lease = await trial.lease('worker');
      trial.store.markStarted(lease.token, lease.deliveries[0]?.seq ?? 0);
      await trial.clock.advance(leaseMs);
    }
    await trial.settle(await trial.lease('worker'), { kind: 'dead', reason: 'crashes' });
    await trial.store.resolveDead('worker', 'redrive', {});
    const busy = await trial.lease('worker', { idle: false });
    trial.store.markStarted(busy.token, busy.deliveries[0]?.seq ?? 0);
    await trial.clock.advance(leaseMs);
    const [delivery] = (await trial.lease('worker')).deliveries;
    assert.deepEqual({ starts: delivery?.starts, suspect: delivery?.suspect }, { starts: 1, suspect: true });
    assert.deepEqual(
      delivery?.history.map(({ attempt }) => attempt),
      [1, 2, 1],
    );
  }),

  conformanceCase('redrives at once, before what is new', [], async (trial) => {
    await bury(trial, 2);
    await trial.publish({ priority: 'urgent' });
    await trial.store.resolveDead('worker', 'redrive', {});
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1', 'm2', 'm3']);
  }),

  conformanceCase('redrives and discards by id, and tells which', [], async (trial) => {
    await bury(trial, 5);
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', { ids: ['m4', 'unknown', 'm2', 'm4'] }), [
      'm2',
      'm4',
    ]);
    assert.deepEqual(await trial.store.resolveDead('worker', 'discard', { ids: ['m5', 'm2'] }), ['m5']);
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', { ids: [] }), []);
    assert.deepEqual(await deadIds(trial), ['m1', 'm3']);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2', 'm4']);
  }),

  conformanceCase('redrives and discards the oldest when told no ids, up to a limit', [], async (trial) => {
    await bury(trial, 6);
    assert.deepEqual(await trial.store.resolveDead('worker', 'discard', { limit: 2 }), ['m1', 'm2']);
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', { limit: 1 }), ['m3']);
    assert.deepEqual(await deadIds(trial), ['m4', 'm5', 'm6']);
    assert.deepEqual(await trial.store.resolveDead('worker', 'discard', {}), ['m4', 'm5', 'm6']);
    assert.deepEqual(await deadIds(trial), []);
  }),

  conformanceCase('I8: counts what was discarded, owes it to nobody and keeps it readable', [], async (trial) => {
    await bury(trial, 2);
    await trial.store.resolveDead('worker', 'discard', { ids: ['m1'] });
    const { dead, discarded, ready } = await trial.stats('worker');
    assert.deepEqual({ dead, discarded, ready }, { dead: 1, discarded: 1, ready: 0 });
    await trial.nothing('worker');
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1', 'm2']);
  }),

  conformanceCase('redrives to its own subscription only', [], async (trial) => {
    await bury(trial, 1);
    await trial.subscribe('other');
    await trial.settle(await trial.lease('other'), { kind: 'dead', reason: 'hopeless' });
    await trial.store.resolveDead('worker', 'redrive', {});
    await trial.nothing('other');
    assert.equal((await trial.stats('other')).dead, 1);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1']);
  }),
];
