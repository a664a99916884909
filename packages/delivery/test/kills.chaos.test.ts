import { openBus, type SubscriptionStats } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { counts, temporaryDirectory, until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { consume, deadLetter, deadLetters } from '../src/index.ts';
import { type Job, linesOf, startPublisher, startWorker, together } from './worker.ts';

const name = 'work';
const topic = 'jobs';
/** How much a process gets done before it is killed: from hardly anything to a good deal. */
const paces = [1, 40, 5, 150, 15];

describe('killing publishers and consumers over and over', () => {
  it(
    `I1 I4 I6 I8 ${counts(20, 100)} SIGKILLs of each lose no resolved publish and settle nothing twice`,
    async () => {
      await using directory = await temporaryDirectory();
      const database = directory.join('bus.db');
      await using bus = await openBus({ store: await openSqliteStore(database) });
      const options = { name, pattern: topic, concurrency: 8, leaseMs: 300, maxAttempts: 1_000 };
      await bus.store.openSubscription({ name, pattern: topic, from: 'all', settings: { maxAttempts: 1_000 } });
      const resolved = directory.join('resolved');
      const effects = directory.join('effects');
      for (let round = 0; round < counts(20, 100); round += 1) {
        const pace = paces[round % paces.length] ?? 1;
        const before = { resolved: linesOf(resolved).length, effects: linesOf(effects).length };
        const [publisher, worker] = await Promise.all([
          startPublisher(database, resolved, topic, `round-${round}`),
          startWorker(database, effects, { source: `worker-${round}`, consume: options }),
        ]);
        await using _ = together([publisher, worker]);
        await until(() => linesOf(resolved).length >= before.resolved + pace, 'enough is published');
        await publisher.kill();
        await until(() => linesOf(effects).length >= before.effects + pace / 4, 'enough is handled');
        await worker.kill();
      }

      const handledHere: string[] = [];
      const last = await consume<Job>(bus, options, ({ message }) => {
        handledHere.push(message.id);
        return message.payload.hopeless === true ? deadLetter('hopeless') : undefined;
      });
      const stats = async (): Promise<SubscriptionStats | undefined> => (await bus.store.stats()).subscriptions[0];
      await until(async () => {
        await last.idle();
        const now = await stats();
        return now !== undefined && now.ready + now.scheduled + now.leased === 0;
      }, 'everything is settled');

      const stored = (await bus.store.read({ pattern: topic, limit: 1_000_000 })).map(({ record }) => record);
      const storedIds = new Set(stored.map(({ id }) => id));
      const promised = linesOf(resolved);
      const handled = new Set([...linesOf(effects), ...handledHere]);
      expect(promised.filter((id) => !storedIds.has(id))).toEqual([]);
      expect(stored.filter(({ id }) => !handled.has(id))).toEqual([]);
      expect([...handled].filter((id) => !storedIds.has(id))).toEqual([]);
      const { acked = 0, dead = 0 } = (await stats()) ?? {};
      expect(acked + dead).toBe(stored.length);
      const hopeless = stored.filter(({ body }) => JSON.parse(body).hopeless === true).map(({ id }) => id);
      expect((await deadLetters(bus, name, { limit: 100_000 })).map(({ message }) => message.id)).toEqual(hopeless);
      console.log(
        `${promised.length} publishes resolved, ${stored.length} messages stored, ${linesOf(effects).length + handledHere.length} starts`,
      );
    },
    counts(300_000, 1_800_000),
  );
});
