import {
  BusError,
  createMemoryStore,
  defineTopic,
  type Message,
  openBus,
  type PublishOptions,
  toMessage,
} from '@agentbus/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createManualClock } from './manual-clock.ts';

async function openTestBus(topics: Parameters<typeof defineTopic>[] = []) {
  const clock = createManualClock();
  const store = createMemoryStore({ clock });
  const bus = await openBus({ clock, store, source: 'tester', topics: topics.map((one) => defineTopic(...one)) });
  const stored = async (): Promise<Message[]> =>
    (await store.read({ limit: 1_000 })).map(({ record }) => toMessage(record));
  return { bus, clock, store, stored };
}

async function refusal(publishing: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await publishing;
  } catch (error) {
    if (error instanceof BusError) return { code: error.code, message: error.message };
    throw error;
  }
  return expect.fail('nothing was refused');
}

describe('publishing', () => {
  it('makes a message of what it is given and stores the same', async () => {
    const { bus, clock, stored } = await openTestBus();
    const message = await bus.publish(
      'jobs.a',
      { n: [1, null] },
      { id: 'mine', key: 'k', priority: 'high', headers: { a: '1' }, correlationId: 'c', delayMs: 0, ttlMs: 500 },
    );
    expect(message).toEqual({
      id: 'mine',
      topic: 'jobs.a',
      payload: { n: [1, null] },
      headers: { a: '1' },
      source: 'tester',
      key: 'k',
      priority: 'high',
      correlationId: 'c',
      publishedAt: clock.now(),
      expiresAt: clock.now() + 500,
    });
    expect(await stored()).toEqual([message]);
  });

  it('fills in what is left out', async () => {
    const { bus, clock, stored } = await openTestBus();
    const message = await bus.publish('jobs.a', null);
    expect(message).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      topic: 'jobs.a',
      payload: null,
      headers: {},
      source: 'tester',
      priority: 'normal',
      correlationId: message.id,
      publishedAt: clock.now(),
    });
    expect(await stored()).toEqual([message]);
  });

  it('names the process where nobody named a source', async () => {
    await using bus = await openBus();
    expect((await bus.publish('a', 1)).source).toBe(`pid-${process.pid}`);
  });

  it('derives correlation and causation from the cause, along the conversation', async () => {
    const { bus } = await openTestBus();
    const first = await bus.publish('a', 1);
    const second = await bus.publish('a', 2, { cause: first });
    const third = await bus.publish('a', 3, { cause: second });
    expect(second).toMatchObject({ correlationId: first.id, causationId: first.id });
    expect(third).toMatchObject({ correlationId: first.id, causationId: second.id });
    expect(await bus.publish('a', 4, { cause: third, correlationId: 'mine' })).toMatchObject({
      correlationId: 'mine',
      causationId: third.id,
    });
  });

  it('counts delay and lifetime from the time of publishing', async () => {
    const { bus, clock, stored } = await openTestBus();
    const { publishedAt, deliverAt, expiresAt } = await bus.publish('a', 1, { delayMs: 1_000, ttlMs: 5_000 });
    expect({ deliverAt, expiresAt }).toEqual({ deliverAt: publishedAt + 1_000, expiresAt: publishedAt + 5_000 });
    expect(await stored()).toEqual([]);
    clock.advance(1_000);
    expect(await stored()).toHaveLength(1);
  });

  it('adds nothing by a second try under the same id', async () => {
    const { bus, stored } = await openTestBus();
    await bus.publish('a', { n: 1 }, { id: 'once' });
    await bus.publish('a', { n: 1 }, { id: 'once' });
    expect(await stored()).toHaveLength(1);
    expect(await refusal(bus.publish('a', { n: 2 }, { id: 'once' }))).toEqual({
      code: 'id_conflict',
      message: expect.stringContaining('"once"'),
    });
  });

  it('keeps a message as it was, whatever becomes of the objects it was made of', async () => {
    const { bus, stored } = await openTestBus();
    const payload = { list: [1] };
    const headers = { a: '1' };
    const message = await bus.publish('a', payload, { headers });
    payload.list.push(2);
    headers.a = '2';
    expect(await stored()).toEqual([message]);
    expect(message).toMatchObject({ payload: { list: [1] }, headers: { a: '1' } });
    // What a reader does to its copy is nobody else's business either.
    const [copy] = await stored();
    Object.assign(copy?.payload as object, { list: 'spoilt' });
    expect(await stored()).toEqual([message]);
  });

  it('keeps a header called __proto__', async () => {
    const { bus, stored } = await openTestBus();
    const headers = Object.fromEntries([['__proto__', 'odd']]);
    await bus.publish('a', 1, { headers });
    const [message] = await stored();
    expect(Object.entries(message?.headers ?? {})).toEqual([['__proto__', 'odd']]);
  });
});

describe('publishing refuses', () => {
  it.each<[string, PublishOptions, RegExp]>([
    ['an empty id', { id: '' }, /^id must be a text of 1 to 256 characters/],
    ['an id that is too long', { id: 'x'.repeat(257) }, /^id must/],
    ['an empty key', { key: '' }, /^key must/],
    ['a key that is too long', { key: 'x'.repeat(257) }, /^key must/],
    ['an empty correlation id', { correlationId: '' }, /^correlationId must/],
    ['a negative delay', { delayMs: -1 }, /^delayMs is -1; it must be a number of milliseconds, at least 0/],
    ['an endless delay', { delayMs: Number.POSITIVE_INFINITY }, /^delayMs is Infinity/],
    ['a delay that is no number', { delayMs: Number.NaN }, /^delayMs is NaN/],
    ['no lifetime at all', { ttlMs: 0 }, /^ttlMs is 0; .* at least 1/],
    // UTF-8, and so no store, has a form for half a character: two such ids would become one.
    ['an id that is no Unicode', { id: 'a\ud800' }, /^id .*surrogate/],
    ['a key that is no Unicode', { key: '\udc00a' }, /^key .*surrogate/],
    ['a correlation id that is no Unicode', { correlationId: '\ud800\ud800' }, /^correlationId .*surrogate/],
  ])('%s', async (_what, options, message) => {
    const { bus, stored } = await openTestBus();
    expect(await refusal(bus.publish('a', 1, options))).toEqual({
      code: 'invalid_option',
      message: expect.stringMatching(message),
    });
    expect(await stored()).toEqual([]);
  });

  // What callers without types may pass.
  it.each<[string, object, RegExp]>([
    ['an id that is no text', { id: 7 }, /^id must/],
    [
      'a priority it does not know',
      { priority: 'asap' },
      /^priority is "asap"; it must be one of urgent, high, normal, low/,
    ],
    ['a header that is no text', { headers: { n: 1 } }, /^header "n" is number; headers are texts/],
    ['a delay that is a text', { delayMs: '5' }, /^delayMs is 5/],
  ])('%s', async (_what, options, message) => {
    const { bus } = await openTestBus();
    expect(await refusal(bus.publish('a', 1, options))).toEqual({
      code: 'invalid_option',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /is undefined, which JSON has no form for\. Use null/],
    ['a function', () => 1, /is function/],
    ['a symbol', Symbol('s'), /is symbol/],
    ['a bigint', 1n, /cannot be written as JSON: .*BigInt/],
    [
      'something that refuses to be written',
      {
        toJSON() {
          throw new Error('not me');
        },
      },
      /cannot be written as JSON: not me/,
    ],
  ])('a payload that is %s', async (_what, payload, message) => {
    const { bus } = await openTestBus();
    expect(await refusal(bus.publish('jobs.a', payload))).toEqual({
      code: 'invalid_payload',
      message: expect.stringMatching(message),
    });
  });

  it('a payload that contains itself', async () => {
    const { bus } = await openTestBus();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(await refusal(bus.publish('jobs.a', circle))).toEqual({
      code: 'invalid_payload',
      message: expect.stringContaining('topic "jobs.a"'),
    });
  });

  it('a payload with one byte too many, counted as UTF-8', async () => {
    const { bus } = await openTestBus([['jobs.>', { maxPayloadBytes: 10 }]]);
    await bus.publish('jobs.a', '12345678');
    await bus.publish('jobs.a', 'éééé');
    expect(await refusal(bus.publish('jobs.a', 'ééééé'))).toEqual({
      code: 'payload_too_large',
      message: expect.stringMatching(/is 12 bytes, at most 10 are allowed.*maxPayloadBytes/),
    });
    await bus.publish('other', 'x'.repeat(1024 * 1024 - 2));
    expect((await refusal(bus.publish('other', 'x'.repeat(1024 * 1024 - 1)))).code).toBe('payload_too_large');
  });

  it('a payload that does not fit the schema', async () => {
    const { bus, stored } = await openTestBus([['jobs.>', { schema: z.object({ n: z.number() }) }]]);
    await bus.publish('jobs.a', { n: 1 });
    expect(await refusal(bus.publish('jobs.a', { n: 'one' }))).toEqual({
      code: 'invalid_payload',
      message: expect.stringContaining('n: '),
    });
    expect(await stored()).toHaveLength(1);
  });

  it('a topic that is none', async () => {
    const { bus } = await openTestBus();
    expect((await refusal(bus.publish('agents.*.inbox', 1))).code).toBe('invalid_topic');
  });
});

it('opening a bus refuses a source that no store could keep', async () => {
  await expect(openBus({ source: 'a\ud800' })).rejects.toMatchObject({ code: 'invalid_option' });
  await expect(openBus({ source: '' })).rejects.toMatchObject({ code: 'invalid_option' });
});

describe('publishing several', () => {
  it('keeps all of them in their order', async () => {
    const { bus, stored } = await openTestBus();
    const messages = await bus.publishAll([
      { topic: 'a', payload: 1 },
      { topic: 'b.c', payload: 2, priority: 'urgent' },
      { topic: 'a', payload: 3, id: 'third' },
    ]);
    expect(messages.map(({ payload }) => payload)).toEqual([1, 2, 3]);
    expect(await stored()).toEqual(messages);
    expect(await bus.publishAll([])).toEqual([]);
  });

  it('keeps none when one is refused', async () => {
    const { bus, stored } = await openTestBus();
    await bus.publish('a', 1, { id: 'taken' });
    const bad = [
      { topic: 'a..b', payload: 1 },
      { topic: 'a', payload: undefined },
      { topic: 'a', payload: 2, id: 'taken' },
    ];
    for (const one of bad) await refusal(bus.publishAll([{ topic: 'a', payload: 0 }, one, { topic: 'a', payload: 9 }]));
    expect(await stored()).toHaveLength(1);
  });

  it('refuses to mix durable and transient topics, and says which', async () => {
    const { bus, stored } = await openTestBus([['ui.>', { durable: false }]]);
    const mixed = [
      { topic: 'jobs.a', payload: 1 },
      { topic: 'ui.typing', payload: 2 },
    ];
    expect(await refusal(bus.publishAll(mixed))).toEqual({
      code: 'invalid_option',
      message: expect.stringMatching(/"jobs\.a" and "ui\.typing" cannot be published in one batch/),
    });
    expect(await stored()).toEqual([]);
  });
});

describe('a transient topic', () => {
  it('reaches the live subscribers of the moment and is not stored', async () => {
    const { bus, stored } = await openTestBus([['ui.>', { durable: false }]]);
    const seen: unknown[] = [];
    const heard = new Promise<void>((resolve) => {
      bus.subscribe('ui.*', ({ payload }) => {
        seen.push(payload);
        if (seen.length === 3) resolve();
      });
    });
    await bus.publish('ui.typing', 1);
    await bus.publishAll([
      { topic: 'ui.typing', payload: 2 },
      { topic: 'ui.idle', payload: 3 },
    ]);
    await heard;
    expect(seen).toEqual([1, 2, 3]);
    expect(await stored()).toEqual([]);
  });
});
