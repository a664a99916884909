import { BusError } from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { consume, removeSubscription } from '../src/index.ts';
import { createGate, openStage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };
const topic = inbox.pattern;

describe('stopping a consumer', () => {
  it('L8 waits for the handlers that run and for their settlements, and claims nothing more', async () => {
    await using stage = await openStage();
    await stage.bus.publishAll([1, 2, 3].map((payload) => ({ topic, payload })));
    const gate = createGate();
    const seen: unknown[] = [];
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 2 }, async ({ message }) => {
      seen.push(message.payload);
      await gate.opened;
    });
    await until(() => seen.length === 2, 'two handlers run');
    let stopped = false;
    const stopping = consumer.stop().then(() => {
      stopped = true;
    });
    await stage.clock.advance(7_999);
    expect(stopped).toBe(false);
    gate.open();
    await stopping;
    expect(seen).toEqual([1, 2]);
    const { subscriptions } = await stage.store.stats();
    expect(subscriptions).toMatchObject([{ acked: 2, leased: 0, ready: 1 }]);
    expect(await consumer.closed).toBeUndefined();
  });

  it('L8 I7 at the deadline aborts handlers and gives their messages back, uncharged', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const reasons: unknown[] = [];
    const handler = (_delivery: unknown, { signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      });
    const consumer = await consume(stage.bus, { ...inbox, maxAttempts: 1 }, handler);
    await until(() => stage.eventsOf('dispatch').length === 1, 'the handler runs');
    const stopping = consumer.stop({ deadlineMs: 500 });
    await stage.clock.advance(499);
    expect(reasons).toEqual([]);
    await stage.clock.advance(1);
    await stopping;
    expect(reasons).toMatchObject([{ name: 'AbortError' }]);
    expect(stage.eventsOf('release')).toHaveLength(1);
    expect(await stage.store.read({ pattern: 'system.>', limit: 1 })).toEqual([]);
    const attempts: number[] = [];
    const next = await consume(stage.bus, inbox, ({ attempt }) => void attempts.push(attempt));
    await next.idle();
    expect(attempts).toEqual([1]);
  });

  it('gives back at once what it had leased and not started', async () => {
    await using stage = await openStage();
    await stage.bus.publishAll([1, 2, 3, 4].map((payload) => ({ topic, payload })));
    const gate = createGate();
    const started: unknown[] = [];
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 4 }, async ({ message }) => {
      started.push(message.payload);
      if (message.payload === 2) void consumer.stop();
      await gate.opened;
    });
    await until(() => stage.eventsOf('release').length === 2, 'two messages are back');
    expect(started).toEqual([1, 2]);
    const taken = await stage.store.claim({
      subscription: 'coder',
      consumer: 'other',
      limit: 9,
      leaseMs: 1e6,
      idle: true,
    });
    expect(taken.lease?.deliveries.map(({ record, starts }) => [record.body, starts])).toEqual([
      ['3', 0],
      ['4', 0],
    ]);
    gate.open();
    await consumer.closed;
  });

  it('gives back what a claim brings that was under way', async () => {
    const gate = createGate();
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        async claim(request) {
          const claim = await store.claim(request);
          await gate.opened;
          return claim;
        },
      }),
    });
    await stage.bus.publish(topic, 1);
    let starts = 0;
    const consumer = await consume(stage.bus, inbox, () => {
      starts += 1;
    });
    await until(async () => (await stage.store.stats()).subscriptions[0]?.leased === 1, 'the claim is under way');
    const stopping = consumer.stop();
    gate.open();
    await stopping;
    expect([starts, stage.eventsOf('release').length]).toEqual([0, 1]);
  });

  it('a second time may bring the deadline forward, and never puts it off', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => new Promise(() => {}));
    await until(() => stage.eventsOf('dispatch').length === 1, 'the handler runs');
    const first = consumer.stop({ deadlineMs: 5_000 });
    const later = consumer.stop({ deadlineMs: 60_000 });
    const now = consumer.stop({ deadlineMs: 0 });
    await Promise.all([first, later, now]);
    expect(stage.eventsOf('release')).toHaveLength(1);
    await consumer.stop();
  });

  it('L8 ends a second after the deadline although the store hangs', async () => {
    const never = new Promise<never>(() => {});
    await using stage = await openStage({ through: (store) => ({ ...store, settle: () => never }) });
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => {});
    await until(() => stage.eventsOf('dispatch').length === 1, 'the handler ran');
    let stopped = false;
    const stopping = consumer.stop({ deadlineMs: 3_000 }).then(() => {
      stopped = true;
    });
    await stage.clock.advance(3_999);
    expect(stopped).toBe(false);
    await stage.clock.advance(1);
    await stopping;
  });

  it('L8 tries a failing store once more at the deadline, and then leaves the messages to their leases', async () => {
    let failing = true;
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        settle: (settlements) => (failing ? Promise.reject(new Error('disk gone')) : store.settle(settlements)),
      }),
    });
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => {});
    await until(() => stage.eventsOf('store-error').length > 0, 'settling has failed');
    const stopping = consumer.stop({ deadlineMs: 3_000 });
    await stage.clock.advance(2_999);
    const tried = stage.eventsOf('store-error').length;
    await stage.clock.advance(1);
    await stopping;
    expect(stage.eventsOf('store-error')).toHaveLength(tried + 1);
    expect(stage.eventsOf('lease-lost')).toHaveLength(1);
    failing = false;
    expect((await stage.store.stats()).subscriptions).toMatchObject([{ leased: 1 }]);
  });

  it('is what disposing of it does, and closing its bus, and aborting its signal', async () => {
    await using stage = await openStage();
    const abort = new AbortController();
    const ends: unknown[] = [];
    const [first, second, third] = await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        consume(stage.bus, { ...inbox, name, ...(name === 'two' ? { signal: abort.signal } : {}) }, () => {}),
      ),
    );
    for (const consumer of [first, second, third]) void consumer?.closed.then(() => ends.push(consumer.name));
    await first?.[Symbol.asyncDispose]();
    await until(() => ends.length === 1, 'the first has ended');
    abort.abort();
    await until(() => ends.length === 2, 'the second has ended');
    await stage.bus.close();
    await until(() => ends.length === 3, 'the third has ended');
    expect(ends).toEqual(['one', 'two', 'three']);
    expect(stage.eventsOf('unsubscribe').map(({ subscription }) => subscription)).toEqual(ends);
  });

  it('keeps the subscription, which goes on collecting', async () => {
    await using stage = await openStage();
    const first = await consume(stage.bus, inbox, () => {});
    await first.stop();
    await stage.bus.publish(topic, 'while nobody consumes');
    const seen: unknown[] = [];
    const second = await consume(
      stage.bus,
      { ...inbox, from: 'new' },
      ({ message }) => void seen.push(message.payload),
    );
    await second.idle();
    expect(seen).toEqual(['while nobody consumes']);
  });

  it('leaves no timer behind', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => {});
    await consumer.idle();
    await consumer.stop();
    await consumer.stop();
    expect(stage.clock.timers).toBe(0);
  });

  it('lets handlers publish what they found while the bus closes', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 'question');
    const gate = createGate();
    await consume(stage.bus, inbox, async ({ message }) => {
      await gate.opened;
      await stage.bus.publish('answers', 'answer', { cause: message });
    });
    await until(() => stage.eventsOf('dispatch').length === 1, 'the handler runs');
    const closing = stage.bus.close();
    gate.open();
    await closing;
    expect(stage.eventsOf('ack')).toHaveLength(1);
    expect(stage.eventsOf('publish').map(({ topic: on }) => on)).toEqual([topic, 'answers']);
  });

  it('rejects idle() with closed, before and afterwards', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    const consumer = await consume(stage.bus, inbox, () => gate.opened);
    const waiting = consumer.idle();
    const refused = expect(waiting).rejects.toMatchObject({ code: 'closed' });
    const stopping = consumer.stop();
    await refused;
    gate.open();
    await stopping;
    await expect(consumer.idle()).rejects.toThrow(BusError);
  });
});

describe('a consumer whose subscription is removed', () => {
  it('ends by itself, aborts its handlers, and says why', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    let reason: unknown;
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 2 }, async (_delivery, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reason = signal.reason;
    });
    await until(() => stage.eventsOf('dispatch').length === 1, 'the handler runs');
    expect(await removeSubscription(stage.bus, 'coder')).toBe(true);
    // Whatever wakes it up lets it notice.
    await stage.bus.publish(topic, 2);
    expect(await consumer.closed).toMatchObject({ code: 'unknown_subscription' });
    expect(reason).toMatchObject({ name: 'AbortError' });
    expect(stage.eventsOf('store-error')).toMatchObject([{ error: { code: 'unknown_subscription' } }]);
    expect(stage.eventsOf('unsubscribe')).toMatchObject([
      { subscription: 'coder', pattern: topic },
      { subscription: 'coder', consumer: consumer.id },
    ]);
    expect(await removeSubscription(stage.bus, 'coder')).toBe(false);
  });

  it('ends by itself when the store is closed under it', async () => {
    await using stage = await openStage();
    const consumer = await consume(stage.bus, inbox, () => {});
    await consumer.idle();
    await stage.store.close();
    const waiting = consumer.idle();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    expect(await consumer.closed).toMatchObject({ code: 'closed' });
  });
});
