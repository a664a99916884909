import { createTestClock } from '@agentbus/conformance';
import { type Clock, openBus, type Store, systemClock } from '@agentbus/core';
import { counts, temporaryDirectory, until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import type { WakeOptions } from '../src/doorbell.ts';
import { openWakingBy } from '../src/open-sqlite-store.ts';
import { type Child, startChild } from './child.ts';
import { draft } from './drafts.ts';
import { claim, drain, idsOf, lease, settle, subscribe } from './working.ts';

const rounds = counts(200, 10_000);

const doorbellAlone: WakeOptions = { doorbell: true, backstopMs: undefined };
const backstopAlone: WakeOptions = { doorbell: false, backstopMs: 5 };

interface Ear extends Disposable {
  /** Resolves once the store has rung since the last call, or since it was made. */
  ring(): Promise<void>;
}

function listen(store: Store): Ear {
  let rings = 0;
  let heard = 0;
  const unwatch = store.watch(() => {
    rings += 1;
  });
  return {
    async ring() {
      await until(() => rings > heard, 'the store rings');
      heard = rings;
    },
    [Symbol.dispose]: unwatch,
  };
}

/** Waits for work as a consumer does: claims, and when there is nothing sleeps until the store rings. */
async function work(store: Store, enough: number): Promise<readonly string[]> {
  const ids: string[] = [];
  using ear = listen(store);
  while (ids.length < enough) {
    const { lease } = await claim(store, 'worker');
    if (lease === undefined) await ear.ring();
    else {
      ids.push(...idsOf(lease));
      await settle(store, lease);
    }
  }
  return ids;
}

async function openPublisher(path: string): Promise<Child> {
  const child = startChild('./answering-publisher-process.ts', [path]);
  expect(await child.hear()).toBe('open');
  return child;
}

async function openWaking(
  wake: WakeOptions,
  path: string,
  clock: Clock = systemClock,
): Promise<Store & AsyncDisposable> {
  const store = await openWakingBy(wake, path, { clock, durability: 'relaxed' });
  return { ...store, [Symbol.asyncDispose]: () => store.close() };
}

for (const [how, wake] of Object.entries({
  'the doorbell alone, backstop disabled': doorbellAlone,
  'the backstop alone, doorbell disabled': backstopAlone,
})) {
  describe(`by ${how}`, () => {
    it(`L1: a commit wakes an idle consumer in another process, ${rounds} times of ${rounds}`, async () => {
      await using directory = await temporaryDirectory();
      const path = directory.join('bus.db');
      await using store = await openWaking(wake, path);
      await subscribe(store, 'worker');
      await using publisher = await openPublisher(path);
      for (let round = 0; round < rounds; round += 1) {
        const woken = work(store, 1);
        await publisher.ask([`m${round}`]);
        expect(await woken).toEqual([`m${round}`]);
      }
    });

    it('L1: bursts of several processes leave no consumer asleep beside a message', async () => {
      await using directory = await temporaryDirectory();
      const path = directory.join('bus.db');
      await using store = await openWaking(wake, path);
      await subscribe(store, 'worker');
      await using one = await openPublisher(path);
      await using two = await openPublisher(path);
      for (let burst = 0; burst < rounds / 30; burst += 1) {
        const expected = ['one', 'two'].flatMap((name) =>
          Array.from({ length: 10 }, (_, n) => `${name}-${burst}-${n}`),
        );
        const woken = work(store, expected.length);
        await Promise.all([one.ask(expected.slice(0, 10)), two.ask(expected.slice(10))]);
        expect([...(await woken)].sort()).toEqual(expected.sort());
      }
    });

    it('L1: a live subscriber hears what another process publishes', async () => {
      await using directory = await temporaryDirectory();
      const path = directory.join('bus.db');
      await using bus = await openBus({ store: await openWakingBy(wake, path) });
      const heard: string[] = [];
      const subscription = bus.subscribe('jobs.>', ({ id }) => {
        heard.push(id);
      });
      await subscription.ready;
      await using publisher = await openPublisher(path);
      for (let round = 0; round < rounds / 10; round += 1) {
        await publisher.ask([`m${round}`]);
        await until(() => heard.length > round, 'the live subscriber has heard it');
      }
      expect(heard).toEqual(Array.from({ length: rounds / 10 }, (_, round) => `m${round}`));
    });
  });
}

describe('within one process, by the doorbell alone', () => {
  it('L1: a commit wakes those who use the same store, and those who opened the file beside it', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openWaking(doorbellAlone, path);
    await using beside = await openWaking(doorbellAlone, path);
    using here = listen(store);
    using there = listen(beside);
    for (let round = 0; round < 20; round += 1) {
      await store.append([draft(`m${round}`)]);
      await Promise.all([here.ring(), there.ring()]);
    }
  });

  it('L1: whatever makes something claimable wakes those who could claim it', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openWaking(doorbellAlone, path);
    await using beside = await openWaking(doorbellAlone, path);
    using here = listen(store);
    using there = listen(beside);
    await subscribe(store, 'worker', 'jobs.>');
    await store.append([draft('m'), draft('other', { topic: 'chores' })]);
    const rung = (): Promise<unknown> => Promise.all([here.ring(), there.ring()]);
    await rung();
    for (const outcome of [
      { kind: 'release' },
      { kind: 'retry', delayMs: 0, reason: 'again' },
      { kind: 'dead', reason: 'hopeless' },
    ] as const) {
      const found = await lease(store, 'worker');
      expect(idsOf(found)).toEqual(['m']);
      await settle(store, found, outcome);
      if (outcome.kind !== 'dead') await rung();
    }
    await store.resolveDead('worker', 'redrive', {});
    await rung();
    await store.openSubscription({ name: 'worker', pattern: '>', from: 'all', settings: {}, update: true });
    await rung();
    expect(idsOf(await lease(store, 'worker'))).toEqual(['m', 'other']);
  });

  it('L1: a delayed message wakes everybody when it falls due, whoever notices', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    await using store = await openWaking(doorbellAlone, path, clock);
    await using beside = await openWaking(doorbellAlone, path, clock);
    await subscribe(store, 'worker');
    await subscribe(store, 'uninterested', 'nothing');
    using here = listen(store);
    using there = listen(beside);
    const rung = (): Promise<unknown> => Promise.all([here.ring(), there.ring()]);
    const notices = {
      'a timer': () => clock.advance(1_000),
      'a claim for another subscription': async () => {
        clock.jumpWall(1_000);
        await claim(beside, 'uninterested');
      },
    };
    for (const [who, notice] of Object.entries(notices)) {
      await store.append([draft(who, { deliverAt: clock.now() + 1_000 })]);
      await rung();
      expect((await claim(store, 'worker')).lease, who).toBeUndefined();
      await notice();
      await rung();
      expect(await drain(store, 'worker')).toEqual([who]);
    }
  });

  it('L1: a delayed message wakes consumers when the machine was asleep at its time', async () => {
    await using directory = await temporaryDirectory();
    const clock = createTestClock();
    await using store = await openWaking(doorbellAlone, directory.join('bus.db'), clock);
    await store.append([draft('m', { deliverAt: clock.now() + 3_600_000 })]);
    using ear = listen(store);
    // Asleep: an hour passes on the wall, none on the clock that timers go by.
    clock.jumpWall(3_600_000);
    await clock.advance(60_000);
    await ear.ring();
    expect((await store.read({ limit: 10 })).map(({ record }) => record.id)).toEqual(['m']);
  });
});
