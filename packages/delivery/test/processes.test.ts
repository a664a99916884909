import { openBus, type SubscriptionStats } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { temporaryDirectory, until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { consume, deadLetters } from '../src/index.ts';
import { type Child, type Job, linesOf, startWorker, together } from './worker.ts';

const name = 'work';
const topic = 'jobs';
const settings = {};

describe('consumers in several processes', () => {
  it('I4 4 of them get 5,000 unique messages out of 5,000', async () => {
    await using directory = await temporaryDirectory();
    const database = directory.join('bus.db');
    await using bus = await openBus({ store: await openSqliteStore(database) });
    const options = { name, pattern: topic, concurrency: 50 };
    const effects = [1, 2, 3, 4].map((n) => directory.join(`effects-${n}`));
    const start = (path: string): Promise<Child> => startWorker(database, path, { source: 'worker', consume: options });
    await using _ = together(await Promise.all(effects.map(start)));
    for (let first = 0; first < 5_000; first += 500) {
      await bus.publishAll(Array.from({ length: 500 }, (_, n) => ({ topic, payload: {}, id: `m${first + n}` })));
    }
    const acked = async (): Promise<number | undefined> => (await bus.store.stats()).subscriptions[0]?.acked;
    await until(async () => (await acked()) === 5_000, 'all are acked');
    const shares = effects.map((path) => linesOf(path));
    console.log(`5,000 messages shared as ${shares.map(({ length }) => length).join(' + ')}`);
    expect(shares.flat()).toHaveLength(5_000);
    expect(new Set(shares.flat()).size).toBe(5_000);
  });

  it('L2 I7 what a killed consumer held comes to another, charged with one attempt', async () => {
    await using directory = await temporaryDirectory();
    const database = directory.join('bus.db');
    await using bus = await openBus({ store: await openSqliteStore(database) });
    const effects = directory.join('effects');
    const consumeOptions = { name, pattern: topic, leaseMs: 500 };
    const holder = await startWorker(database, effects, { source: 'holder', consume: consumeOptions });
    await bus.publish(topic, { takesMs: 600_000 } satisfies Job);
    await until(() => linesOf(effects).length === 1, 'the message is held');
    const redelivered: { attempt: number; at: number }[] = [];
    await consume(bus, consumeOptions, ({ attempt }) => void redelivered.push({ attempt, at: performance.now() }));
    await holder.kill();
    const killedAt = performance.now();
    await until(() => redelivered.length > 0, 'it is redelivered');
    const [first] = redelivered;
    const waitedMs = Math.round((first?.at ?? 0) - killedAt);
    console.log(`redelivered ${waitedMs} ms after the kill, with a lease of ${consumeOptions.leaseMs} ms`);
    expect(first?.attempt).toBe(2);
  });
});

describe('a process with a consumer', () => {
  it('L8 stays alive while it has nothing to do, and ends by itself once its bus is closed', async () => {
    await using directory = await temporaryDirectory();
    const effects = directory.join('effects');
    const worker = await startWorker(directory.join('bus.db'), effects, {
      source: 'w',
      consume: { name, pattern: topic },
    });
    await using _ = worker;
    await using bus = await openBus({ store: await openSqliteStore(directory.join('bus.db')) });
    await bus.publish(topic, { takesMs: 50 } satisfies Job);
    await until(() => linesOf(effects).length === 1, 'it has begun to work');
    expect(await worker.terminate()).toBe(0);
    expect((await bus.store.stats()).subscriptions).toMatchObject([{ acked: 1, leased: 0 }]);
  });
});

interface Aftermath {
  readonly starts: Map<string, number>;
  readonly stats: SubscriptionStats | undefined;
  readonly reasons: Map<string, string>;
  readonly crashes: number;
}

/** Works off 51 messages leased in one batch, number 25 of which kills every process that starts it. */
async function workThroughPoison(poison: NonNullable<Job['poison']>, maxAttempts: number): Promise<Aftermath> {
  await using directory = await temporaryDirectory();
  const database = directory.join('bus.db');
  await using bus = await openBus({ store: await openSqliteStore(database) });
  const options = { name, pattern: topic, concurrency: 51, leaseMs: 300, maxAttempts };
  await bus.store.openSubscription({ name, pattern: topic, from: 'all', settings });
  await bus.publishAll(
    Array.from({ length: 51 }, (_, n) => {
      const payload: Job = n === 25 ? { poison, takesMs: 20 } : { takesMs: 0 };
      return { topic, id: `m${n}`, payload };
    }),
  );
  const effects = directory.join('effects');
  const stats = async (): Promise<SubscriptionStats | undefined> => (await bus.store.stats()).subscriptions[0];
  const settled = async (): Promise<boolean> => {
    const now = await stats();
    return now !== undefined && now.acked + now.dead === 51;
  };
  let crashes = 0;
  while (!(await settled())) {
    // A worker may die before it says that it is ready.
    const worker: Child | undefined = await startWorker(database, effects, { source: 'w', consume: options }).catch(
      () => undefined,
    );
    await using _ = worker;
    let dead = worker === undefined;
    void worker?.ended.then(() => {
      dead = true;
    });
    await until(async () => dead || (await settled()), 'the worker has died or everything is settled');
    if (dead) crashes += 1;
  }
  const starts = new Map<string, number>();
  for (const id of linesOf(effects)) starts.set(id, (starts.get(id) ?? 0) + 1);
  const dead = await deadLetters(bus, name);
  return {
    starts,
    stats: await stats(),
    reasons: new Map(dead.map(({ message, reason }) => [message.id, reason])),
    crashes,
  };
}

describe('a message that kills every process that handles it', () => {
  it.each(['at once', 'after a while'] as const)(
    'I7 and does so %s is a dead letter after exactly maxAttempts starts, and its 50 batch mates are acked',
    async (when) => {
      const { starts, stats, reasons, crashes } = await workThroughPoison(when, 3);
      expect([starts.get('m25'), crashes]).toEqual([3, 3]);
      expect(starts.size).toBe(51);
      expect(reasons).toEqual(new Map([['m25', 'crashed']]));
      expect(stats).toMatchObject({ acked: 50, dead: 1 });
      // Alone from its second start on, it takes nobody down with it again.
      for (const [id, count] of starts) if (id !== 'm25') expect([id, count <= 2]).toEqual([id, true]);
    },
  );

  it('I7 with maxAttempts 1 charges what had started and nothing else: the rest of the batch is acked', async () => {
    const { starts, stats, reasons, crashes } = await workThroughPoison('at once', 1);
    expect(crashes).toBe(1);
    expect([...starts.values()]).toEqual(Array.from({ length: 51 }, () => 1));
    // Those before the poison ran too, and at most once was asked for; those after it had not begun.
    expect([...reasons.keys()]).toEqual(Array.from({ length: 26 }, (_, n) => `m${n}`));
    expect(new Set(reasons.values())).toEqual(new Set(['crashed']));
    expect(stats).toMatchObject({ acked: 25, dead: 26 });
  });
});
