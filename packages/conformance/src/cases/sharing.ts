import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { rung } from '../rung.ts';
import { assertRejects, conformanceCase, idsOf, leaseMs } from '../trial.ts';

/** Several stores on the same data, as those of several processes. */
export const sharingCases: readonly ConformanceCase[] = [
  conformanceCase('shows one store what another has published, and where the log ends', ['second'], async (trial) => {
    const second = await trial.second();
    const [draft] = await trial.publish({});
    const [stored] = await second.read({ limit: 10 });
    assert.deepEqual(stored?.record, draft);
    assert.equal(await second.head(), await trial.store.head());
    await second.append([trial.draft()]);
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1', 'm2']);
  }),

  conformanceCase('L1: rings for what another store does', ['second'], async (trial) => {
    const { store } = trial;
    const second = await trial.second();
    await trial.subscribe('worker');
    await rung(second, () => trial.publish({}, {}, {}));
    await rung(store, () => second.append([trial.draft()]));
    const lease = await trial.lease('worker');
    await rung(second, () => trial.settle(lease, { kind: 'release' }, ['m1']));
    await rung(second, () => trial.settle(lease, { kind: 'retry', delayMs: 0, reason: 'busy' }, ['m2']));
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless' }, ['m3']);
    await rung(second, () => store.resolveDead('worker', 'redrive', {}));
  }),

  conformanceCase('I9: keeps one message though several stores publish it at once', ['second'], async (trial) => {
    const second = await trial.second();
    const drafts = Array.from({ length: 20 }, () => trial.draft());
    const results = await Promise.all(
      drafts.flatMap((draft) => [trial.store.append([draft]), second.append([draft]), trial.store.append([draft])]),
    );
    assert.equal(results.filter(([result]) => result?.duplicate === false).length, drafts.length);
    assert.equal((await second.read({ limit: 100 })).length, drafts.length);
    await assertRejects(second.append([trial.draft({ id: 'm1', body: '"else"' })]), 'id_conflict');
  }),

  conformanceCase('I4: leases a message to one claim only, whichever store is asked', ['second'], async (trial) => {
    const stores = [trial.store, await trial.second(), await trial.second()];
    await trial.subscribe('worker');
    const drafts = await trial.publish(...Array.from({ length: 120 }, () => ({})));
    const claims = await Promise.all(
      Array.from({ length: 9 }, (_, n) =>
        (stores[n % 3] ?? trial.store).claim({
          subscription: 'worker',
          consumer: `worker-${n}`,
          limit: 14,
          leaseMs,
          idle: false,
        }),
      ),
    );
    const leased = claims.flatMap(({ lease }) => idsOf(lease?.deliveries ?? []));
    assert.deepEqual([...leased].sort(), drafts.map(({ id }) => id).sort());
    assert.equal(new Set(claims.map(({ lease }) => lease?.token)).size, claims.length);
  }),

  conformanceCase('shares subscriptions, their settings and their ends', ['second'], async (trial) => {
    const second = await trial.second();
    await trial.subscribe('worker', { settings: { maxAttempts: 5 } });
    const spec = { name: 'worker', pattern: 'jobs.>', from: 'all', settings: {} } as const;
    assert.deepEqual(await second.openSubscription(spec), { maxAttempts: 5 });
    await assertRejects(second.openSubscription({ ...spec, pattern: 'other' }), 'config_conflict');
    await second.openSubscription({ ...spec, settings: { maxAttempts: 6 }, update: true });
    assert.deepEqual(await trial.subscribe('worker'), { maxAttempts: 6 });
    await trial.publish({});
    assert.equal(await second.removeSubscription('worker'), true);
    await assertRejects(trial.claim('worker'), 'unknown_subscription');
    // What is made again under the name begins anew for everybody.
    await second.openSubscription({ ...spec, from: 'new' });
    await trial.nothing('worker');
    await second.append([trial.draft()]);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2']);
  }),

  conformanceCase('finds topics that only another store has published on', ['second'], async (trial) => {
    const second = await trial.second();
    await trial.subscribe('wild', { pattern: 'news.*' });
    await trial.subscribe('exact', { pattern: 'news.b' });
    for (const topic of ['news.a', 'news.b', 'news.c']) {
      await second.append([trial.draft({ topic })]);
      const { deliveries } = await trial.lease('wild');
      assert.deepEqual(
        deliveries.map(({ record }) => record.topic),
        [topic],
      );
    }
    assert.deepEqual(idsOf((await trial.lease('exact')).deliveries), ['m2']);
  }),

  conformanceCase(
    'I5 I7: sees the leases, settlements and starts of another store',
    ['second', 'clock'],
    async (trial) => {
      const second = await trial.second();
      const request = { subscription: 'worker', consumer: 'other', limit: 10, leaseMs, idle: true };
      await trial.subscribe('worker');
      await trial.publish({}, {}, {});
      const lease = await trial.lease('worker');
      assert.equal((await second.claim(request)).nextDueInMs, leaseMs);
      await trial.settle(lease, { kind: 'ack' }, ['m1']);
      trial.store.markStarted(lease.token, lease.deliveries[2]?.seq ?? 0);
      await trial.clock.advance(leaseMs);
      const suspect = await second.claim(request);
      assert.deepEqual(idsOf(suspect.lease?.deliveries ?? []), ['m3']);
      assert.equal(suspect.lease?.deliveries[0]?.starts, 1);
      assert.deepEqual(await trial.settle(lease, { kind: 'ack' }, ['m2', 'm3']), ['stale', 'stale']);
      assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2']);
      const { acked, leased } = await trial.stats('worker');
      assert.deepEqual({ acked, leased }, { acked: 1, leased: 2 });
      assert.deepEqual(await second.stats(), await trial.store.stats());
    },
  ),

  conformanceCase('goes on when another store on the data is closed', ['second'], async (trial) => {
    const second = await trial.second();
    await trial.subscribe('worker');
    await second.append([trial.draft()]);
    await second.close();
    await trial.publish({});
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1', 'm2']);
    const third = await trial.second();
    await rung(third, () => trial.publish({}));
  }),
];
