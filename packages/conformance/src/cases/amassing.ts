import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, leaseMs, type Trial } from '../trial.ts';

const many = 1_500;

/**
 * Claims until nothing more is to be had. A store may do a bounded part of its work in each claim, so that none takes
 * long; one that leases nothing because of that says with `nextDueInMs: 0` that another is worth while.
 */
async function drain(trial: Trial, name: string): Promise<{ leased: readonly string[]; expired: readonly string[] }> {
  const leased: string[] = [];
  const expired: string[] = [];
  for (;;) {
    const claim = await trial.claim(name);
    leased.push(...idsOf(claim.lease?.deliveries ?? []));
    expired.push(...idsOf(claim.expired));
    if (claim.lease === undefined && claim.nextDueInMs !== 0) return { leased, expired };
  }
}

const idsFrom = (first: number, last: number): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => `m${first + n}`);

/** So much at once that a store may have to do it by and by. */
export const amassingCases: readonly ConformanceCase[] = [
  conformanceCase(
    'I8: gets past a thousand expired messages and reports each of them once',
    ['clock'],
    async (trial) => {
      await trial.subscribe('worker');
      const expiresAt = trial.clock.now() + 1_000;
      await trial.publish(...Array.from({ length: many }, () => ({ expiresAt })));
      await trial.publish({});
      await trial.clock.advance(1_000);
      const { leased, expired } = await drain(trial, 'worker');
      assert.deepEqual(leased, [`m${many + 1}`]);
      assert.deepEqual(expired, idsFrom(1, many));
      const stats = await trial.stats('worker');
      assert.deepEqual({ ready: stats.ready, expired: stats.expired }, { ready: 0, expired: many });
    },
  ),

  conformanceCase('I8: reports a thousand retries that have expired once', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const expiresAt = trial.clock.now() + leaseMs;
    await trial.publish(...Array.from({ length: many }, () => ({ expiresAt })));
    await drain(trial, 'worker');
    await trial.clock.advance(leaseMs);
    const { leased, expired } = await drain(trial, 'worker');
    assert.deepEqual(leased, []);
    assert.deepEqual([...expired].sort(), [...idsFrom(1, many)].sort());
  }),

  conformanceCase('I8: gets past a thousand messages of history', [], async (trial) => {
    await trial.subscribe('reader');
    await trial.publish(...Array.from({ length: many }, () => ({ settledFor: ['reader'] })));
    await trial.publish({});
    assert.deepEqual((await drain(trial, 'reader')).leased, [`m${many + 1}`]);
    const { acked, ready, leased } = await trial.stats('reader');
    assert.deepEqual({ acked, ready, leased }, { acked: many, ready: 0, leased: 1 });
  }),

  conformanceCase('delivers a thousand delayed messages that fall due together, in order', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    const deliverAt = trial.clock.now() + 1_000;
    await trial.publish(...Array.from({ length: many }, () => ({ deliverAt })));
    await trial.clock.advance(1_000);
    assert.deepEqual((await drain(trial, 'worker')).leased, idsFrom(1, many));
    assert.deepEqual((await trial.store.stats()).topics, [{ topic: 'jobs.a', messages: many, delayed: 0 }]);
  }),

  conformanceCase('takes back a hundred leases that run out together', ['clock'], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish(...Array.from({ length: 200 }, () => ({})));
    for (let leases = 0; leases < 100; leases += 1) await trial.lease('worker', { limit: 2 });
    await trial.clock.advance(leaseMs);
    assert.deepEqual([...(await drain(trial, 'worker')).leased].sort(), [...idsFrom(1, 200)].sort());
  }),

  conformanceCase('redrives a thousand dead letters in one call', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish(...Array.from({ length: many }, () => ({})));
    for (let claimed = 0; claimed < many; ) {
      const lease = await trial.lease('worker');
      await trial.settle(lease, { kind: 'dead', reason: 'hopeless' });
      claimed += lease.deliveries.length;
    }
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', { limit: 1_200 }), idsFrom(1, 1_200));
    const rest = idsFrom(1_201, many);
    assert.deepEqual(await trial.store.resolveDead('worker', 'discard', { ids: rest }), rest);
    const { ready, dead, discarded } = await trial.stats('worker');
    assert.deepEqual({ ready, dead, discarded }, { ready: 1_200, dead: 0, discarded: 300 });
  }),
];
