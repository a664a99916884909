import {
  type Bus,
  type BusEvent,
  createMemoryStore,
  defineTopic,
  type Message,
  openBus,
  type Store,
  type SystemError,
} from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.ts';

interface Bench {
  readonly bus: Bus;
  readonly clock: ManualClock;
  readonly events: readonly BusEvent[];
}

async function openBench(change: (store: Store) => Partial<Store> = () => ({})): Promise<Bench> {
  const clock = createManualClock();
  const memory = createMemoryStore({ clock });
  const events: BusEvent[] = [];
  const bus = await openBus({
    clock,
    store: { ...memory, ...change(memory) },
    source: 'tester',
    topics: [defineTopic('ui.>', { durable: false })],
    observe: (event) => events.push(event),
  });
  return { bus, clock, events };
}

/** A handler that keeps what it hears. */
function listener(): { readonly heard: unknown[]; readonly handler: (message: Message) => void } {
  const heard: unknown[] = [];
  return { heard, handler: ({ payload }) => void heard.push(payload) };
}

/** A promise and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a live subscription', () => {
  it('hears what matches, in order, from the moment it is ready', async () => {
    const { bus } = await openBench();
    await bus.publish('jobs.a', 'before');
    const { heard, handler } = listener();
    const subscription = bus.subscribe('jobs.*', handler);
    await subscription.ready;
    expect(subscription.pattern).toBe('jobs.*');
    for (let n = 0; n < 300; n += 1) await bus.publish(n % 2 === 0 ? 'jobs.a' : 'jobs.b', n);
    await bus.publish('jobs.a.deeper', 'elsewhere');
    await until(() => heard.length === 300, 'everything was heard');
    expect(heard).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  it('hears what is published right after it was made, ready or not', async () => {
    const { bus } = await openBench();
    const { heard, handler } = listener();
    bus.subscribe('jobs.>', handler);
    await bus.publish('jobs.a', 1);
    await until(() => heard.length === 1, 'it was heard');
  });

  it('hears a backlog of several pages', async () => {
    const { bus } = await openBench();
    const { opened, open } = gate();
    const heard: unknown[] = [];
    bus.subscribe('jobs.a', async ({ payload }) => {
      await opened;
      heard.push(payload);
    });
    await bus.publishAll(Array.from({ length: 1_000 }, (_, payload) => ({ topic: 'jobs.a', payload })));
    open();
    await until(() => heard.length === 1_000, 'everything was heard');
    expect(heard).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  it('handles one message at a time', async () => {
    const { bus } = await openBench();
    let running = 0;
    let most = 0;
    let handled = 0;
    bus.subscribe('jobs.a', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      handled += 1;
    });
    await bus.publishAll([1, 2, 3].map((payload) => ({ topic: 'jobs.a', payload })));
    await until(() => handled === 3, 'all were handled');
    expect(most).toBe(1);
  });

  it('holds back nobody else while it is slow', async () => {
    const { bus } = await openBench();
    const { opened, open } = gate();
    const slow: unknown[] = [];
    const { heard, handler } = listener();
    bus.subscribe('jobs.a', async ({ payload }) => {
      await opened;
      slow.push(payload);
    });
    bus.subscribe('jobs.a', handler);
    for (const n of [1, 2, 3]) await bus.publish('jobs.a', n);
    await until(() => heard.length === 3, 'the quick one has heard everything');
    expect(slow).toEqual([]);
    open();
    await until(() => slow.length === 3, 'the slow one has heard everything');
    expect(slow).toEqual([1, 2, 3]);
  });

  it('gives every subscriber a value of its own', async () => {
    const { bus } = await openBench();
    const { heard, handler } = listener();
    let spoilt = 0;
    bus.subscribe('jobs.a', ({ payload }) => {
      Object.assign(payload as object, { n: 'spoilt' });
      spoilt += 1;
    });
    bus.subscribe('jobs.a', handler);
    await bus.publish('jobs.a', { n: 1 });
    await until(() => heard.length === 1 && spoilt === 1, 'both have heard');
    expect(heard).toEqual([{ n: 1 }]);
  });

  it('hears a delayed message when it is due, and never one that has expired', async () => {
    const { bus, clock } = await openBench();
    const { heard, handler } = listener();
    await bus.subscribe('jobs.a', handler).ready;
    await bus.publish('jobs.a', 'later', { delayMs: 1_000 });
    await bus.publish('jobs.a', 'too late', { delayMs: 1_000, ttlMs: 500 });
    await bus.publish('jobs.a', 'now');
    await until(() => heard.length === 1, 'the first was heard');
    clock.advance(1_000);
    await until(() => heard.length === 2, 'the delayed one was heard');
    await bus.publish('jobs.a', 'last');
    await until(() => heard.length === 3, 'the last was heard');
    expect(heard).toEqual(['now', 'later', 'last']);
  });

  it('drops the oldest transient messages for one that is far behind, and says so', async () => {
    const { bus, events } = await openBench();
    const { opened, open } = gate();
    const heard: unknown[] = [];
    const started = gate();
    bus.subscribe('ui.typing', async ({ payload }) => {
      started.open();
      await opened;
      heard.push(payload);
    });
    await bus.publish('ui.typing', 'first');
    await started.opened;
    await bus.publishAll(Array.from({ length: 10_003 }, (_, payload) => ({ topic: 'ui.typing', payload })));
    open();
    await until(() => heard.length === 10_001, 'the rest was heard');
    expect(heard.slice(0, 3)).toEqual(['first', 3, 4]);
    const dropped = events.map((event) => (event.type === 'overflow' ? event.dropped : 0));
    expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it('refuses a pattern that is none', async () => {
    const { bus } = await openBench();
    expect(() => bus.subscribe('jobs..a')).toThrow(expect.objectContaining({ code: 'invalid_pattern' }));
  });
});

describe('a handler that throws', () => {
  it('is told once on system.error and hears the next message', async () => {
    const { bus, events } = await openBench();
    const errors: Message[] = [];
    const { heard, handler } = listener();
    bus.subscribe('system.error', (message) => void errors.push(message));
    bus.subscribe('jobs.a', (message) => {
      handler(message);
      if (message.payload === 1) throw new RangeError('no luck');
    });
    const cause = await bus.publish('jobs.a', 1);
    await bus.publish('jobs.a', 2);
    await until(() => heard.length === 2 && errors.length === 1, 'both were handled and one was told');
    expect(errors[0]).toMatchObject({ correlationId: cause.correlationId, causationId: cause.id });
    expect(errors[0]?.payload).toEqual<SystemError>({
      type: 'SYSTEM_ERROR',
      messageId: cause.id,
      topic: 'jobs.a',
      correlationId: cause.correlationId,
      subscription: null,
      consumer: null,
      error: { name: 'RangeError', message: 'no luck', stack: expect.stringContaining('live-subscription.test') },
    });
    expect(events.filter(({ type }) => type === 'handler-error')).toEqual([
      { type: 'handler-error', at: expect.any(Number), error: new RangeError('no luck'), messageId: cause.id },
    ]);
  });

  it('is told of what it threw though that is no error', async () => {
    const { bus } = await openBench();
    const errors: unknown[] = [];
    bus.subscribe('system.error', ({ payload }) => void errors.push(payload));
    bus.subscribe('jobs.a', () => Promise.reject('just a text'));
    await bus.publish('jobs.a', 1);
    await until(() => errors.length === 1, 'it was told');
    expect(errors).toEqual([
      expect.objectContaining({ error: { name: 'string', message: 'just a text', stack: null } }),
    ]);
  });

  it('causes no further system events where it handles those', async () => {
    const { bus, events } = await openBench();
    let calls = 0;
    bus.subscribe('>', () => {
      calls += 1;
      throw new Error('always');
    });
    await bus.publish('jobs.a', 1);
    await until(() => calls === 2, 'the message and the report of its failure were handled');
    // Whatever the second failure had caused would have come before this one.
    const { heard, handler } = listener();
    bus.subscribe('jobs.end', handler);
    await bus.publish('jobs.end', 'end');
    await until(() => calls === 4 && heard.length === 1, 'another one was handled as well');
    const topics = (await bus.store.read({ limit: 100 })).map(({ record }) => record.topic);
    expect(topics).toEqual(['jobs.a', 'system.error', 'jobs.end', 'system.error']);
    expect(events.filter(({ type }) => type === 'handler-error')).toHaveLength(4);
  });

  it('may throw what has no text, and still the subscription lives on', async () => {
    const { bus, events } = await openBench();
    const { heard, handler } = listener();
    bus.subscribe('jobs.a', (message) => {
      handler(message);
      throw Object.create(null);
    });
    await bus.publish('jobs.a', 1);
    await bus.publish('jobs.a', 2);
    await until(() => heard.length === 2, 'both were heard');
    await until(() => events.some(({ type }) => type === 'store-error'), 'the failed report was told');
  });

  it('is told to observers when the report itself cannot be stored', async () => {
    const failure = new Error('disk full');
    const { bus, events } = await openBench((store) => ({
      append: (drafts) => (drafts[0]?.topic === 'system.error' ? Promise.reject(failure) : store.append(drafts)),
    }));
    const { heard, handler } = listener();
    bus.subscribe('jobs.a', (message) => {
      handler(message);
      throw new Error('no luck');
    });
    await bus.publish('jobs.a', 1);
    await bus.publish('jobs.a', 2);
    await until(() => heard.length === 2, 'the subscription lives on');
    expect(events).toContainEqual({
      type: 'store-error',
      at: expect.any(Number),
      error: failure,
      doing: expect.stringContaining('system.error'),
    });
  });
});

describe('a live subscription ends', () => {
  it('when it is closed, once and for all', async () => {
    const { bus, events } = await openBench();
    const { heard, handler } = listener();
    const subscription = bus.subscribe('jobs.a', handler);
    await bus.publish('jobs.a', 1);
    await until(() => heard.length === 1, 'it was heard');
    subscription.close();
    subscription.close();
    const other = listener();
    bus.subscribe('jobs.a', other.handler);
    await bus.publish('jobs.a', 2);
    await until(() => other.heard.length === 1, 'the other one has heard');
    expect(heard).toEqual([1]);
    expect(events.filter(({ type }) => type === 'unsubscribe')).toHaveLength(1);
  });

  it('at the end of the block that uses it', async () => {
    const { bus } = await openBench();
    const { heard, handler } = listener();
    {
      using subscription = bus.subscribe('jobs.a', handler);
      await subscription.ready;
    }
    const other = listener();
    bus.subscribe('jobs.a', other.handler);
    await bus.publish('jobs.a', 1);
    await until(() => other.heard.length === 1, 'the other one has heard');
    expect(heard).toEqual([]);
  });

  it('inside its own handler, which hears nothing more', async () => {
    const { bus } = await openBench();
    const heard: unknown[] = [];
    const subscription = bus.subscribe('>', ({ payload }) => {
      heard.push(payload);
      subscription[Symbol.dispose]();
    });
    const other = listener();
    bus.subscribe('>', other.handler);
    await bus.publishAll([1, 2, 3].map((payload) => ({ topic: 'jobs.a', payload })));
    await bus.publish('ui.typing', 4);
    await until(() => other.heard.length === 4, 'the other one has heard everything');
    expect(heard).toHaveLength(1);
  });

  it('while transient messages are handed out, without disturbing the others', async () => {
    const { bus } = await openBench();
    const first = listener();
    const last = listener();
    bus.subscribe('ui.>', first.handler);
    const middle = bus.subscribe('ui.>', () => middle.close());
    bus.subscribe('ui.>', last.handler);
    for (const n of [1, 2, 3]) await bus.publish('ui.typing', n);
    await until(() => first.heard.length === 3 && last.heard.length === 3, 'both have heard everything');
    expect([first.heard, last.heard]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('when its signal aborts, or has aborted before', async () => {
    const { bus, events } = await openBench();
    const { heard, handler } = listener();
    const controller = new AbortController();
    bus.subscribe('jobs.a', handler, { signal: controller.signal });
    await bus.publish('jobs.a', 1);
    await until(() => heard.length === 1, 'it was heard');
    controller.abort();
    bus.subscribe('jobs.a', handler, { signal: AbortSignal.abort() });
    const other = listener();
    bus.subscribe('jobs.a', other.handler);
    await bus.publish('jobs.a', 2);
    await until(() => other.heard.length === 1, 'the other one has heard');
    expect(heard).toEqual([1]);
    expect(events.filter(({ type }) => type === 'unsubscribe')).toHaveLength(2);
  });

  it('and lets go of its signal', async () => {
    const { bus } = await openBench();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      },
    });
    for (let n = 0; n < 3; n += 1) bus.subscribe('jobs.a', () => {}, { signal }).close();
    expect(listeners).toBe(0);
  });

  it('with the bus', async () => {
    const { bus } = await openBench();
    const subscription = bus.subscribe('jobs.a');
    const waiting = subscription[Symbol.asyncIterator]().next();
    await bus.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('iterating over a live subscription', () => {
  it('gives message after message until it is closed', async () => {
    const { bus } = await openBench();
    const subscription = bus.subscribe('jobs.a');
    await bus.publishAll([1, 2, 3].map((payload) => ({ topic: 'jobs.a', payload })));
    const heard: unknown[] = [];
    for await (const { payload } of subscription) {
      heard.push(payload);
      if (heard.length === 3) subscription.close();
    }
    expect(heard).toEqual([1, 2, 3]);
  });

  it('ends the subscription when the loop is left', async () => {
    const { bus, events } = await openBench();
    await bus.publish('jobs.a', 0);
    const subscription = bus.subscribe('jobs.a');
    await bus.publish('jobs.a', 1);
    for await (const { payload } of subscription) {
      expect(payload).toBe(1);
      break;
    }
    expect(events.filter(({ type }) => type === 'unsubscribe')).toHaveLength(1);
    for await (const message of subscription) expect.fail(`it still gives ${message.id}`);
  });

  it('wakes from waiting when it is closed', async () => {
    const { bus } = await openBench();
    const subscription = bus.subscribe('jobs.a');
    await subscription.ready;
    const waiting = subscription[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setImmediate(resolve));
    subscription.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('takes up what was published while nobody asked', async () => {
    const { bus } = await openBench();
    const subscription = bus.subscribe('ui.typing');
    for (const n of [1, 2]) await bus.publish('ui.typing', n);
    const messages = subscription[Symbol.asyncIterator]();
    expect((await messages.next()).value).toMatchObject({ payload: 1 });
    expect((await messages.next()).value).toMatchObject({ payload: 2 });
  });
});

describe('while the store fails', () => {
  it('a live subscription that cannot begin says so and ends', async () => {
    const failure = new Error('no such file');
    const { bus, events } = await openBench(() => ({ head: () => Promise.reject(failure) }));
    const { handler } = listener();
    const subscription = bus.subscribe('jobs.a', handler);
    await expect(subscription.ready).rejects.toBe(failure);
    await until(() => events.some(({ type }) => type === 'unsubscribe'), 'it has ended');
    expect(events).toContainEqual(expect.objectContaining({ type: 'store-error', error: failure }));
    await expect(bus.subscribe('jobs.b')[Symbol.asyncIterator]().next()).rejects.toBe(failure);
  });

  it('a live subscription that cannot read tries again, and misses nothing', async () => {
    let failures = 0;
    const { bus, clock, events } = await openBench((store) => ({
      read: (query) => {
        failures += 1;
        return failures <= 2 ? Promise.reject(new Error('locked')) : store.read(query);
      },
    }));
    const { heard, handler } = listener();
    bus.subscribe('jobs.a', handler);
    await bus.publish('jobs.a', 1);
    await until(() => events.some(({ type }) => type === 'store-error'), 'the first failure was told');
    await until(() => {
      clock.advance(1_000);
      return heard.length === 1;
    }, 'it was heard all the same');
    expect(heard).toEqual([1]);
    expect(events.filter(({ type }) => type === 'store-error').length).toBe(2);
  });
});
