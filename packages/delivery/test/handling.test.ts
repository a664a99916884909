import { defineTopic, type StandardSchema } from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it, vi } from 'vitest';
import { ack, consume, type Delivery, deadLetter, deadLetters, fixed, nack, release } from '../src/index.ts';
import { createGate, openStage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };
const topic = inbox.pattern;

describe('a handler', () => {
  it('gets the message, typed and whole, and the number of the attempt', async () => {
    await using stage = await openStage();
    const published = await stage.bus.publish(
      topic,
      { task: 'test' },
      { headers: { a: 'b' }, key: 'k', priority: 'high' },
    );
    const seen: unknown[] = [];
    const consumer = await consume<{ task: string }>(stage.bus, inbox, ({ message, attempt }) => {
      seen.push(message, message.payload.task.toUpperCase(), attempt);
    });
    await consumer.idle();
    expect(seen).toEqual([published, 'TEST', 1]);
  });

  it('sees the same message object each time it looks', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, {});
    const looks: unknown[] = [];
    const consumer = await consume(stage.bus, inbox, (delivery) => {
      looks.push(delivery.message);
      looks.push(delivery.message);
    });
    await consumer.idle();
    expect(looks[0]).toBe(looks[1]);
  });

  it.each([
    ['returns nothing', () => {}],
    ['resolves to nothing', async () => {}],
    ['returns ack()', () => ack()],
    ['resolves to ack()', async () => ack()],
  ])('that %s has acked the message', async (_name, handler) => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, handler);
    await consumer.idle();
    const { subscriptions } = await stage.store.stats();
    expect(subscriptions).toMatchObject([{ name: 'coder', acked: 1, ready: 0, scheduled: 0, leased: 0, dead: 0 }]);
  });

  it('that returns something else has acked the message, and is warned about once', async () => {
    await using stage = await openStage();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await stage.bus.publishAll([1, 2, 3].map((payload) => ({ topic, payload })));
    // What a caller without types may do.
    const careless: () => void = () => 'done';
    const consumer = await consume(stage.bus, inbox, careless);
    await consumer.idle();
    expect(stage.eventsOf('ack')).toHaveLength(3);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('"coder" returned a value'),
    ]);
    warn.mockRestore();
  });

  it('that throws is asked again after the backoff, and never before', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const attempts: number[] = [];
    await consume(stage.bus, { ...inbox, backoff: fixed(1_000) }, ({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('not yet');
    });
    await stage.clock.advance(999);
    expect(attempts).toEqual([1]);
    await stage.clock.advance(1);
    expect(attempts).toEqual([1, 2]);
    await stage.clock.advance(1_000);
    expect(attempts).toEqual([1, 2, 3]);
    await stage.clock.advance(100_000);
    expect(attempts).toEqual([1, 2, 3]);
    expect(stage.eventsOf('nack').map(({ attempt, delayMs, reason }) => [attempt, delayMs, reason])).toEqual([
      [1, 1_000, 'Error: not yet'],
      [2, 1_000, 'Error: not yet'],
    ]);
  });

  it('that nacks with a delay is asked again after that delay instead', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const attempts: number[] = [];
    await consume(stage.bus, { ...inbox, backoff: fixed(1) }, ({ attempt }) => {
      attempts.push(attempt);
      return attempt === 1 ? nack({ delayMs: 60_000 }) : ack();
    });
    await stage.clock.advance(59_999);
    expect(attempts).toEqual([1]);
    await stage.clock.advance(1);
    expect(attempts).toEqual([1, 2]);
  });

  it('I7 is started exactly maxAttempts times for a message that always fails, which then is a dead letter', async () => {
    await using stage = await openStage();
    const { id } = await stage.bus.publish(topic, 'poison');
    let starts = 0;
    const consumer = await consume(stage.bus, { ...inbox, maxAttempts: 4, backoff: fixed(10) }, () => {
      starts += 1;
      throw new Error(`no ${starts}`);
    });
    await stage.clock.advance(10_000);
    await consumer.idle();
    expect(starts).toBe(4);
    expect(await deadLetters(stage.bus, 'coder')).toMatchObject([
      {
        message: { id, payload: 'poison' },
        reason: 'Error: no 4',
        detail: expect.stringContaining('attempt 4 of 4 failed'),
        attempts: 4,
        redrives: 0,
        history: [1, 2, 3, 4].map((attempt) => ({ attempt, reason: `Error: no ${attempt}` })),
      },
    ]);
  });

  it('I7 with maxAttempts 1 is started once', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    let starts = 0;
    const consumer = await consume(stage.bus, { ...inbox, maxAttempts: 1 }, () => {
      starts += 1;
      return nack({ delayMs: 0 });
    });
    await stage.clock.advance(100_000);
    await consumer.idle();
    expect([starts, (await deadLetters(stage.bus, 'coder')).length]).toEqual([1, 1]);
  });

  it('I7 that releases is charged nothing and gets the message again at once', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const attempts: number[] = [];
    const consumer = await consume(stage.bus, { ...inbox, maxAttempts: 1 }, ({ attempt }) => {
      attempts.push(attempt);
      return attempts.length < 4 ? release() : ack();
    });
    await until(() => attempts.length === 4, 'the message came four times');
    await consumer.idle();
    expect(attempts).toEqual([1, 1, 1, 1]);
    expect(stage.eventsOf('release')).toHaveLength(3);
  });

  it('that gives up makes a dead letter at once, with its reason', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => deadLetter('nobody needs this'));
    await consumer.idle();
    expect(await deadLetters(stage.bus, 'coder')).toMatchObject([{ reason: 'nobody needs this', attempts: 1 }]);
  });
});

describe('a handler that settles by hand', () => {
  it('learns that its settlement is committed, and may go on', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    let counters: unknown;
    const consumer = await consume(stage.bus, inbox, async (delivery) => {
      const result = await delivery.ack();
      const { subscriptions } = await stage.store.stats();
      counters = [result, subscriptions[0]?.acked];
      await gate.opened;
    });
    await until(() => counters, 'the handler saw its ack');
    expect(counters).toEqual(['ok', 1]);
    gate.open();
    await consumer.idle();
    expect(stage.eventsOf('ack')).toHaveLength(1);
  });

  it.each<[string, (delivery: Delivery) => unknown, string]>([
    ['ack, then nack', (delivery) => [delivery.ack(), delivery.nack()], 'ack'],
    ['nack, then ack', (delivery) => [delivery.nack({ delayMs: 1e6 }), delivery.ack()], 'nack'],
    ['release, then dead letter', (delivery) => [delivery.release(), delivery.deadLetter('no')], 'release'],
    ['dead letter, then release', (delivery) => [delivery.deadLetter('no'), delivery.release()], 'dead-letter'],
  ])('I6 the first one wins and the second is stale: %s', async (_name, settleTwice, told) => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const results: unknown[] = [];
    let handled = false;
    const consumer = await consume(stage.bus, inbox, async (delivery) => {
      if (handled) return;
      handled = true;
      const calls = settleTwice(delivery);
      results.push(...(Array.isArray(calls) ? await Promise.all(calls) : []));
    });
    await consumer.idle();
    expect(results).toEqual(['ok', 'stale']);
    const settlements = stage.events.filter(({ type }) => ['ack', 'nack', 'release', 'dead-letter'].includes(type));
    expect(settlements[0]?.type).toBe(told);
    // A released message comes again and is acked then.
    expect(settlements.slice(1).map(({ type }) => type)).toEqual(told === 'release' ? ['ack'] : []);
  });

  it('I6 has its return value ignored', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, (delivery) => {
      void delivery.ack();
      return deadLetter('too late');
    });
    await consumer.idle();
    expect(stage.eventsOf('ack')).toHaveLength(1);
    expect(await deadLetters(stage.bus, 'coder')).toEqual([]);
  });

  it('I6 and throws keeps its settlement, while the error is reported', async () => {
    await using stage = await openStage();
    const { id } = await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, async (delivery) => {
      await delivery.ack();
      throw new Error('after the fact');
    });
    await consumer.idle();
    expect(stage.eventsOf('ack')).toHaveLength(1);
    expect(stage.eventsOf('nack')).toEqual([]);
    const errors = await stage.store.read({ pattern: 'system.error', limit: 10 });
    expect(errors.map(({ record }) => JSON.parse(record.body))).toMatchObject([
      { messageId: id, error: { message: 'after the fact' } },
    ]);
  });

  it('gets a mistake back as an error of its own, which fails the attempt', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, { ...inbox, maxAttempts: 1 }, (delivery) => void delivery.deadLetter(''));
    await consumer.idle();
    expect(await deadLetters(stage.bus, 'coder')).toMatchObject([{ reason: expect.stringContaining('reason is ""') }]);
  });

  it('I6 after the message was settled gets stale', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const kept: Delivery[] = [];
    const consumer = await consume(stage.bus, inbox, (delivery) => void kept.push(delivery));
    await consumer.idle();
    expect(await Promise.all(kept.map((delivery) => delivery.nack()))).toEqual(['stale']);
    expect(stage.eventsOf('ack')).toHaveLength(1);
  });
});

describe('a topic with a schema', () => {
  /** Takes numbers, also as text, and doubles them: what comes out is not what went in. */
  function doubling(asynchronous: boolean): StandardSchema {
    const check = (value: unknown): { value: number } | { issues: { message: string }[] } =>
      Number.isFinite(Number(value)) ? { value: Number(value) * 2 } : { issues: [{ message: 'no number' }] };
    return {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => (asynchronous ? Promise.resolve(check(value)) : check(value)),
      },
    };
  }

  it.each([
    ['checks at once', false],
    ['takes its time to check', true],
  ])(
    'that %s hands over what the schema made, and buries what does not fit without calling the handler',
    async (_name, asynchronous) => {
      await using stage = await openStage({ topics: [defineTopic(topic, { schema: doubling(asynchronous) })] });
      const record = {
        headers: {},
        source: 'another release',
        priority: 'normal' as const,
        correlationId: 'c',
        publishedAt: 0,
      };
      await stage.store.append([
        { ...record, id: 'good', topic, body: '"21"' },
        { ...record, id: 'bad', topic, body: '"twenty-one"' },
      ]);
      const payloads: unknown[] = [];
      const consumer = await consume(stage.bus, inbox, ({ message }) => void payloads.push(message.payload));
      await consumer.idle();
      await stage.clock.advance(1e6);
      expect(payloads).toEqual([42]);
      expect(await deadLetters(stage.bus, 'coder')).toMatchObject([
        {
          message: { id: 'bad' },
          reason: 'schema',
          detail: expect.stringContaining('no number'),
          attempts: 0,
          history: [],
        },
      ]);
      const { subscriptions } = await stage.store.stats();
      expect(subscriptions).toMatchObject([{ dead: 1, acked: 1 }]);
    },
  );
});
