import { createTestClock } from '@agentbus/conformance';
import { temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { draft, drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, drain, idsOf, lease, settle, subscribe } from './working.ts';

const outcomeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

describe('closing', () => {
  it('in the middle of everything finishes what was accepted and refuses the rest, whole in any case', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    for (let turns = 0; turns < 6; turns += 1) {
      const store = await openStore(path);
      await subscribe(store, 'worker');
      await store.append(drafts(`before-${turns}`, 40));
      const held = await lease(store, 'worker', { limit: 5 });
      const work = [
        ...drafts(`during-${turns}`, 30).map((one) => outcomeOf(store.append([one]))),
        outcomeOf(store.append(drafts(`batch-${turns}`, 700))),
        outcomeOf(claim(store, 'worker')),
        outcomeOf(settle(store, held)),
        outcomeOf(store.renew(held.token, 1_000)),
        outcomeOf(store.resolveDead('worker', 'redrive', {})),
        outcomeOf(store.stats()),
        outcomeOf(store.read({ limit: 10 })),
      ];
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      const closed = store.close();
      const late = outcomeOf(claim(store, 'worker'));
      store.markStarted(held.token, held.deliveries[0]?.seq ?? 0);
      await closed;
      const outcomes = await Promise.all(work);
      expect(outcomes.every((outcome) => outcome === 'done' || outcome === 'closed')).toBe(true);
      // Publishing and settling were accepted before it closed; a claim may have come to nothing.
      expect(outcomes.slice(0, 31)).toEqual(outcomes.slice(0, 31).map(() => 'done'));
      expect(await late).toBe('closed');
      store.markStarted(held.token, held.deliveries[1]?.seq ?? 0);
      expect(auditFile(path)).toEqual([]);
    }
  });

  it('twice waits for the same end both times', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const store = await openStore(path);
    const append = store.append(drafts('m', 100));
    const first = store.close();
    let isAppended = false;
    void append.then(() => {
      isAppended = true;
    });
    await store.close();
    expect(isAppended).toBe(true);
    await first;
  });

  it('sets no timer again, though a delayed message was on its way', async () => {
    await using directory = await temporaryDirectory();
    const clock = createTestClock();
    const store = await openStore(directory.join('bus.db'), { clock });
    await store.append([draft('m', { deliverAt: clock.now() + 1_000 })]);
    const late = store.append([draft('n', { deliverAt: clock.now() + 500 })]);
    await store.close();
    await late;
    expect(clock.timers).toBe(0);
    await clock.advance(10_000);
    expect(clock.timers).toBe(0);
  });
});

describe('two stores on one file in one process', () => {
  it('work side by side, and one goes on when the other is closed', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const one = await openStore(path);
    await using two = await openStore(path);
    await subscribe(one, 'worker');
    await Promise.all([
      ...drafts('one', 200).map((message) => one.append([message])),
      ...drafts('two', 200).map((message) => two.append([message])),
    ]);
    // Closing a file drops the locks that the process holds on it, says POSIX; SQLite has to see to it.
    const held = await lease(one, 'worker', { limit: 10 });
    const busy = two.append(drafts('during', 300));
    await one.close();
    await busy;
    expect(await settle(two, held)).toEqual(held.deliveries.map(() => 'ok'));
    expect((await drain(two, 'worker')).length).toBe(690);
    expect(auditFile(path)).toEqual([]);
  });

  it('lease each message to one of them only', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using one = await openStore(path);
    await using two = await openStore(path);
    await subscribe(one, 'worker');
    await one.append(drafts('m', 500));
    const claims = await Promise.all(
      Array.from({ length: 50 }, (_, n) => claim(n % 2 === 0 ? one : two, 'worker', { limit: 10 })),
    );
    const ids = claims.flatMap(({ lease: found }) => idsOf(found));
    expect(ids.length).toBe(500);
    expect(new Set(ids).size).toBe(500);
  });
});
