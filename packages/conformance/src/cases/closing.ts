import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { assertRejects, conformanceCase, leaseMs } from '../trial.ts';

/** The end. */
export const closingCases: readonly ConformanceCase[] = [
  conformanceCase('refuses every verb once it is closed', [], async (trial) => {
    const { store } = trial;
    await trial.subscribe('worker');
    await trial.publish({});
    const { token, deliveries } = await trial.lease('worker');
    const seq = deliveries[0]?.seq ?? 0;
    await store.close();
    const verbs: (() => Promise<unknown>)[] = [
      () => trial.publish({}),
      () => trial.subscribe('worker'),
      () => store.removeSubscription('worker'),
      () => trial.claim('worker'),
      () => store.settle([{ token, seq, outcome: { kind: 'ack' } }]),
      () => store.renew(token, leaseMs),
      () => store.head(),
      () => store.read({ limit: 1 }),
      () => store.deadLetters('worker', { limit: 1 }),
      () => store.resolveDead('worker', 'redrive', {}),
      () => store.stats(),
    ];
    for (const verb of verbs) await assertRejects(verb(), 'closed');
    // A handler about to run may not have heard yet; its settlement will fail.
    store.markStarted(token, seq);
  }),

  conformanceCase('may be closed more than once', [], async ({ store }) => {
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await assertRejects(store.head(), 'closed');
  }),

  conformanceCase('finishes what it has accepted before it closes', [], async (trial) => {
    const accepted = trial.publish({}, {});
    const closed = trial.store.close();
    await accepted;
    await closed;
    await assertRejects(trial.store.head(), 'closed');
  }),

  conformanceCase('has a URL for people to read', [], async ({ store }) => {
    assert.match(store.url, /^[a-z][a-z0-9+.-]*:/);
  }),
];
