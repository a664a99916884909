import assert from 'node:assert/strict';
import type { ConformanceCase } from '../harness.ts';
import { rung } from '../rung.ts';
import { conformanceCase } from '../trial.ts';

/** Telling those who wait that there is something to do. */
export const ringingCases: readonly ConformanceCase[] = [
  conformanceCase('rings when something is published', [], async (trial) => {
    await rung(trial.store, () => trial.publish({}));
    await rung(trial.store, () => trial.publish({}, {}));
  }),

  conformanceCase('rings when something is owed again', [], async (trial) => {
    const { store } = trial;
    await trial.subscribe('worker');
    await trial.publish({}, {}, {}, {});
    const lease = await trial.lease('worker');
    await rung(store, () => trial.settle(lease, { kind: 'release' }, ['m1']));
    await rung(store, () => trial.settle(lease, { kind: 'retry', delayMs: 0, reason: 'busy' }, ['m2']));
    // Not due yet, but sooner than anything the others may be waiting for.
    await rung(store, () => trial.settle(lease, { kind: 'retry', delayMs: 1_000, reason: 'busy' }, ['m3']));
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless' }, ['m4']);
    await rung(store, () => store.resolveDead('worker', 'redrive', {}));
  }),

  conformanceCase('rings when a subscription is removed, as its consumers are to notice', [], async (trial) => {
    await trial.subscribe('worker');
    await rung(trial.store, () => trial.store.removeSubscription('worker'));
  }),

  conformanceCase('rings for everybody who listens, and for nobody who has left', [], async (trial) => {
    let left = 0;
    let stayed = 0;
    const leave = trial.store.watch(() => {
      left += 1;
    });
    const stay = trial.store.watch(() => {
      stayed += 1;
    });
    await rung(trial.store, () => trial.publish({}));
    assert.equal(left > 0 && stayed > 0, true);
    leave();
    leave();
    const before = { left, stayed };
    await rung(trial.store, () => trial.publish({}));
    assert.equal(left, before.left);
    assert.equal(stayed > before.stayed, true);
    stay();
  }),

  conformanceCase('never rings inside the call that caused it', [], async (trial) => {
    let inside = true;
    let rangInside = false;
    const unwatch = trial.store.watch(() => {
      rangInside ||= inside;
    });
    const published = rung(trial.store, async () => {
      const done = trial.publish({});
      inside = false;
      await done;
    });
    await published;
    assert.equal(rangInside, false);
    unwatch();
  }),
];
