import { createTestClock } from '@agentbus/conformance';
import { BusError, type Store, type SubscriptionStats } from '@agentbus/core';
import { counts } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ack, consume, deadLetter, fixed, type Handler, nack, release } from '../src/index.ts';
import { openStage } from './stage.ts';

const name = 'work';
const topic = 'jobs';
const ways = [
  'return',
  'ack',
  'nack',
  'release',
  'give up',
  'throw',
  'hang',
  'ack by hand',
  'nack by hand and throw',
] as const;

/** What a handler does in one attempt: it takes a time, then ends in a way. */
const step = fc.record({ takesMs: fc.constantFrom(0, 0, 40, 250, 900), way: fc.constantFrom(...ways) });
/** How time passes: for everybody, or only outside this process, as while it is stopped or suspended. */
const move = fc.record({ ms: fc.integer({ min: 0, max: 700 }), stopped: fc.boolean() });
const script = fc.record({
  messages: fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }),
  moves: fc.array(move, { maxLength: 12 }),
  failures: fc.array(fc.boolean(), { maxLength: 20 }),
  concurrency: fc.integer({ min: 1, max: 5 }),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
});

/** A store that fails in the order that it is told, and then no more. */
function failing(failures: readonly boolean[]): (store: Store) => Store {
  const left = [...failures];
  const mayFail = <Result>(verb: () => Promise<Result>): Promise<Result> =>
    left.shift() === true ? Promise.reject(new BusError('store_busy', 'locked', { retryable: true })) : verb();
  return (store) => ({
    ...store,
    claim: (request) => mayFail(() => store.claim(request)),
    settle: (settlements) => mayFail(() => store.settle(settlements)),
    renew: (token, leaseMs) => mayFail(() => store.renew(token, leaseMs)),
  });
}

describe('whatever handlers, the store and time do', () => {
  it(
    'I4 I6 I7 I8 each message is settled once, and started no more often than allowed',
    async () => {
      await fc.assert(
        fc.asyncProperty(script, async ({ messages, moves, failures, concurrency, maxAttempts }) => {
          const storeClock = createTestClock();
          await using stage = await openStage({ storeClock, through: failing(failures) });
          await stage.bus.publishAll(messages.map((_, n) => ({ topic, payload: n, id: `m${n}` })));
          const starts = messages.map(() => 0);
          const handler: Handler<number> = async (delivery) => {
            const { payload } = delivery.message;
            const steps = messages[payload] ?? [];
            const { takesMs, way } = steps[(starts[payload] ?? 0) % steps.length] ?? { takesMs: 0, way: 'return' };
            starts[payload] = (starts[payload] ?? 0) + 1;
            if (takesMs > 0) await new Promise<void>((resolve) => stage.clock.after(takesMs, resolve));
            switch (way) {
              case 'return':
                return undefined;
              case 'ack':
                return ack();
              case 'nack':
                return nack();
              case 'release':
                // Somebody who always releases would be asked for ever.
                return delivery.attempt + (starts[payload] ?? 0) > 9 ? ack() : release();
              case 'give up':
                return deadLetter('no');
              case 'throw':
                throw new Error('boom');
              case 'hang':
                return new Promise<never>(() => {});
              case 'ack by hand':
                await delivery.ack();
                return nack();
              case 'nack by hand and throw':
                void delivery.nack({ delayMs: 10 });
                throw new Error('after the nack');
            }
          };
          const limits = { concurrency, maxAttempts, leaseMs: 300, timeoutMs: 600, backoff: fixed(100) };
          const consumer = await consume<number>(stage.bus, { name, pattern: topic, ...limits }, handler);
          for (const { ms, stopped } of moves) {
            await storeClock.advance(ms);
            if (!stopped) await stage.clock.advance(ms);
          }
          const stats = async (): Promise<SubscriptionStats | undefined> =>
            (await stage.store.stats()).subscriptions[0];
          // Ten failures of the store in a row make a consumer rest for a minute and more.
          for (let rounds = 0; rounds < 4_000; rounds += 1) {
            const { ready = 1, scheduled = 0, leased = 0 } = (await stats()) ?? {};
            if (ready + scheduled + leased === 0) break;
            await storeClock.advance(50);
            await stage.clock.advance(50);
          }
          const idle = consumer.idle();
          // The store may still have failures left.
          await stage.clock.advance(60_000);
          await idle;

          const settled = await stats();
          expect(settled).toMatchObject({ ready: 0, scheduled: 0, leased: 0 });
          expect((settled?.acked ?? 0) + (settled?.dead ?? 0)).toBe(messages.length);
          expect([stage.eventsOf('ack').length, stage.eventsOf('dead-letter').length]).toEqual([
            settled?.acked,
            settled?.dead,
          ]);
          const ends = [...stage.eventsOf('ack'), ...stage.eventsOf('dead-letter')].map(({ messageId }) => messageId);
          expect(new Set(ends).size).toBe(messages.length);
          for (const [n, count] of starts.entries()) {
            const released = stage.eventsOf('release').filter(({ messageId }) => messageId === `m${n}`).length;
            expect(count - released).toBeLessThanOrEqual(maxAttempts);
          }
        }),
        { numRuns: counts(150, 5_000) },
      );
    },
    counts(120_000, 1_800_000),
  );
});
