import { type BusEvent, reportError } from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import {
  ack,
  consume,
  type DeadLetterEvent,
  deadLetter,
  deadLetters,
  fixed,
  nack,
  redrive,
  release,
  type Settlement,
} from '../src/index.ts';
import { openStage, type Stage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };
const topic = inbox.pattern;

async function published(stage: Stage, on: string): Promise<{ id: string; causationId?: string; payload: unknown }[]> {
  const stored = await stage.store.read({ pattern: on, limit: 100 });
  return stored.map(({ record: { body, ...rest } }) => ({ ...rest, payload: JSON.parse(body) }));
}

describe('the events of a delivery', () => {
  it('tell its whole way, with durations from the clock', async () => {
    await using stage = await openStage();
    const message = await stage.bus.publish(topic, 1);
    await stage.clock.advance(2_000);
    const consumer = await consume(stage.bus, { ...inbox, backoff: fixed(60_000) }, async ({ attempt }) => {
      await new Promise<void>((resolve) => stage.clock.after(300, resolve));
      return attempt === 1 ? nack({ reason: 'busy' }) : ack();
    });
    await stage.clock.advance(100_000);
    await consumer.idle();
    await consumer.stop();
    const subject = {
      messageId: message.id,
      topic,
      correlationId: message.id,
      subscription: 'coder',
      consumer: consumer.id,
    };
    const told = stage.events.filter(({ type }) => type !== 'publish').map(({ at: _, ...event }) => event);
    expect(told).toEqual([
      { type: 'subscribe', pattern: topic, subscription: 'coder', consumer: consumer.id },
      { type: 'dispatch', waitedMs: 2_000, ...subject, attempt: 1 },
      { type: 'nack', processingMs: 300, delayMs: 60_000, reason: 'busy', ...subject, attempt: 1 },
      { type: 'dispatch', waitedMs: 62_300, ...subject, attempt: 2 },
      { type: 'ack', processingMs: 300, settlingMs: 0, ...subject, attempt: 2 },
      { type: 'unsubscribe', pattern: topic, subscription: 'coder', consumer: consumer.id },
    ]);
  });

  it('take the processing time from ack() where the handler knows better', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => ack({ processingMs: 1_234 }));
    await consumer.idle();
    expect(stage.eventsOf('ack')).toMatchObject([{ processingMs: 1_234 }]);
  });

  it('come only after the settlement is committed', async () => {
    let committed = 0;
    let early = 0;
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        async settle(settlements) {
          const results = await store.settle(settlements);
          committed += results.length;
          return results;
        },
      }),
    });
    stage.bus.observe((event) => {
      if (event.type === 'ack' && committed === 0) early += 1;
    });
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => {});
    await consumer.idle();
    expect([committed, early]).toEqual([1, 0]);
  });

  it('are told in full to an observer that comes while a handler runs', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const late: BusEvent[] = [];
    const consumer = await consume(stage.bus, inbox, () => {
      stage.bus.observe((event) => late.push(event));
    });
    await consumer.idle();
    expect(late.map(({ type }) => type)).toEqual(['ack']);
  });
});

describe('a failing attempt', () => {
  it.each<[string, () => Settlement, object]>([
    [
      'that throws',
      () => {
        throw new TypeError('boom');
      },
      { name: 'TypeError', message: 'boom', stack: expect.stringContaining('boom') },
    ],
    ['that nacks', () => nack({ reason: 'busy' }), { name: 'Nack', message: 'busy', stack: null }],
    ['that gives up', () => deadLetter('hopeless'), { name: 'DeadLetter', message: 'hopeless', stack: null }],
  ])('%s is told on system.error, caused by its message', async (_name, handle, error) => {
    await using stage = await openStage();
    const message = await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, async () => handle());
    await consumer.idle();
    expect(await published(stage, 'system.error')).toMatchObject([
      {
        causationId: message.id,
        payload: {
          type: 'SYSTEM_ERROR',
          messageId: message.id,
          topic,
          correlationId: message.id,
          subscription: 'coder',
          consumer: consumer.id,
          error,
        },
      },
    ]);
  });

  it('is told each time, and one that acks or releases is not', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    let calls = 0;
    const consumer = await consume(stage.bus, { ...inbox, backoff: fixed(0) }, ({ attempt }) => {
      calls += 1;
      if (calls === 1) return release();
      if (attempt < 3) throw new Error(`attempt ${attempt}`);
      return ack();
    });
    await stage.clock.advance(10);
    await consumer.idle();
    const errors = await published(stage, 'system.error');
    expect(errors.map(({ payload }) => payload)).toMatchObject([
      { error: { message: 'attempt 1' } },
      { error: { message: 'attempt 2' } },
    ]);
  });
});

describe('a dead letter', () => {
  it('is told once on system.errors.dlq, with its reason and history, and again when it dies after a redrive', async () => {
    await using stage = await openStage();
    const message = await stage.bus.publish(topic, 1, { headers: { keep: 'me' } });
    const consumer = await consume(stage.bus, { ...inbox, maxAttempts: 2, backoff: fixed(0) }, () => {
      throw new Error('boom');
    });
    await stage.clock.advance(10);
    await consumer.idle();
    const history = [1, 2].map((attempt) => ({ attempt, at: expect.any(Number), reason: 'Error: boom' }));
    const expected: DeadLetterEvent = {
      type: 'DEAD_LETTER',
      messageId: message.id,
      topic,
      correlationId: message.id,
      subscription: 'coder',
      consumer: consumer.id,
      reason: 'Error: boom',
      detail: expect.stringContaining('attempt 2 of 2 failed'),
      attempts: 2,
      redrives: 0,
      history,
    };
    expect((await published(stage, 'system.errors.dlq')).map(({ payload }) => payload)).toEqual([expected]);

    expect(await redrive(stage.bus, 'coder')).toEqual([message.id]);
    await consumer.idle();
    await stage.clock.advance(10);
    await consumer.idle();
    const events = await published(stage, 'system.errors.dlq');
    expect(events).toMatchObject([
      { causationId: message.id },
      { causationId: message.id, payload: { attempts: 2, redrives: 1, history: [...history, ...history] } },
    ]);
    // What the event says is what the store keeps.
    const [kept] = await deadLetters(stage.bus, 'coder');
    expect(events[1]?.payload).toMatchObject({
      attempts: kept?.attempts,
      redrives: kept?.redrives,
      history: kept?.history,
    });
    expect(kept?.message).toEqual(message);
  });

  it('is told under an id that follows from the death, so that no second try can tell it twice', async () => {
    const ids: string[][] = [];
    for (const name of ['coder', 'coder', 'reviewer']) {
      await using stage = await openStage();
      await stage.bus.publish(topic, 1, { id: 'the-same' });
      const consumer = await consume(stage.bus, { ...inbox, name }, () => deadLetter('no'));
      await consumer.idle();
      ids.push((await published(stage, 'system.errors.dlq')).map(({ id }) => id));
    }
    const [one, again, other] = ids;
    expect(one).toHaveLength(1);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});

describe('nothing can loop', () => {
  it('a failing handler on system.> causes no further system events', async () => {
    await using stage = await openStage();
    const message = await stage.bus.publish(topic, 1);
    await reportError(stage.bus, { error: new Error('first'), message });
    let calls = 0;
    const watcher = await consume(
      stage.bus,
      { name: 'watcher', pattern: 'system.>', maxAttempts: 2, backoff: fixed(0) },
      () => {
        calls += 1;
        throw new Error('watcher broken');
      },
    );
    await stage.clock.advance(10);
    await watcher.idle();
    expect(calls).toBe(2);
    expect((await published(stage, 'system.>')).length).toBe(1);
    expect(await deadLetters(stage.bus, 'watcher')).toHaveLength(1);
  });

  it('a report that cannot be stored is told as store-error and fails nothing', async () => {
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        append: (drafts) =>
          drafts.some(({ topic: on }) => on.startsWith('system.'))
            ? Promise.reject(new Error('full'))
            : store.append(drafts),
      }),
    });
    await stage.bus.publish(topic, 1);
    const consumer = await consume(stage.bus, inbox, () => deadLetter('no'));
    await consumer.idle();
    expect(stage.eventsOf('store-error')).toHaveLength(2);
    expect(stage.eventsOf('dead-letter')).toHaveLength(1);
    await until(async () => (await deadLetters(stage.bus, 'coder')).length === 1, 'the dead letter is kept');
  });
});
