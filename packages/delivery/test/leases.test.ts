import { createTestClock } from '@agentbus/conformance';
import { BusError, type Clock, defineTopic, type StandardSchema, type Store } from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { ack, consume, deadLetters, fixed, nack } from '../src/index.ts';
import { createGate, openStage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };
const topic = inbox.pattern;
const hour = 3_600_000;

/** Resolves to the reason for which the signal aborts. */
function abortOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
}

/** A store whose `renew` fails while told so. */
function withFailingRenewals(failing: { now: boolean }): (store: Store) => Store {
  return (store) => ({
    ...store,
    renew: (token, leaseMs) =>
      failing.now
        ? Promise.reject(new BusError('store_busy', 'locked', { retryable: true }))
        : store.renew(token, leaseMs),
  });
}

describe('a lease', () => {
  it('I4 renews itself for as long as its handlers run, so that nobody else gets the messages', async () => {
    await using stage = await openStage();
    await stage.bus.publishAll([1, 2, 3].map((payload) => ({ topic, payload })));
    const gate = createGate();
    let starts = 0;
    const handler = async (): Promise<void> => {
      starts += 1;
      await gate.opened;
    };
    const options = { ...inbox, leaseMs: 1_000, timeoutMs: 0, concurrency: 3 };
    const one = await consume(stage.bus, options, handler);
    await stage.clock.advance(0);
    const two = await consume(stage.bus, options, handler);
    await stage.clock.advance(hour / 10);
    expect([starts, stage.eventsOf('lease-lost').length]).toEqual([3, 0]);
    gate.open();
    await Promise.all([one.idle(), two.idle()]);
    expect(stage.eventsOf('ack').map(({ attempt, consumer }) => [attempt, consumer])).toEqual(
      [1, 2, 3].map(() => [1, one.id]),
    );
  });

  it('I4 I5 that was lost aborts its handlers, makes what they say stale, and starts nothing of theirs anew here', async () => {
    const storeClock = createTestClock();
    await using stage = await openStage({ storeClock });
    const { id } = await stage.bus.publish(topic, 1);
    const seen: unknown[] = [];
    const stopped = await consume(stage.bus, { ...inbox, leaseMs: 1_000 }, async (delivery, { signal }) => {
      const reason = await abortOf(signal);
      seen.push(reason instanceof DOMException && reason.name, await delivery.nack());
      throw new Error('nobody asks any more');
    });
    await until(() => stage.eventsOf('dispatch').length === 1, 'the handler runs');
    // While this process stands still, its lease runs out and somebody else gets the message.
    await storeClock.advance(1_000);
    const taken = await stage.store.claim({
      subscription: 'coder',
      consumer: 'other',
      limit: 1,
      leaseMs: hour,
      idle: true,
    });
    expect(taken.lease?.deliveries).toMatchObject([{ record: { id }, starts: 1, suspect: true }]);
    await stage.clock.advance(400);
    await until(() => seen.length === 2, 'the handler was told');
    expect(seen).toEqual(['AbortError', 'stale']);
    expect(stage.eventsOf('lease-lost')).toMatchObject([{ messageId: id, consumer: stopped.id, attempt: 1 }]);
    // Its error is ignored too: the attempt is the other's now.
    await stopped.idle();
    expect(stage.eventsOf('nack')).toEqual([]);
    expect(await stage.store.read({ pattern: 'system.>', limit: 1 })).toEqual([]);
  });

  it('whose renewal fails is renewed again before it runs out, and the failure is told', async () => {
    const failing = { now: true };
    await using stage = await openStage({ through: withFailingRenewals(failing) });
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    const consumer = await consume(stage.bus, { ...inbox, leaseMs: 3_000 }, () => gate.opened);
    await stage.clock.advance(1_500);
    expect(stage.eventsOf('store-error')[0]).toMatchObject({ doing: 'renewing a lease for subscription "coder"' });
    failing.now = false;
    await stage.clock.advance(60_000);
    gate.open();
    await consumer.idle();
    expect([stage.eventsOf('lease-lost').length, stage.eventsOf('ack').length]).toEqual([0, 1]);
  });

  it('that cannot be renewed until it has run out is lost, and its handlers are told', async () => {
    await using stage = await openStage({ through: withFailingRenewals({ now: true }) });
    await stage.bus.publish(topic, 1);
    let reason: unknown;
    const options = { ...inbox, leaseMs: 3_000, random: () => 0.5 };
    const consumer = await consume(stage.bus, options, async ({ attempt }, { signal }) => {
      if (attempt === 1) reason = await abortOf(signal);
    });
    await stage.clock.advance(2_999);
    expect(reason).toBeUndefined();
    await stage.clock.advance(1);
    expect(reason).toMatchObject({ name: 'AbortError' });
    // Backed off between its tries: 50, 100, 200 … ms and not in a hot loop.
    expect(stage.eventsOf('store-error').length).toBeLessThan(12);
    await consumer.idle();
    expect(stage.eventsOf('ack')).toMatchObject([{ attempt: 2 }]);
  });

  it('I5 that was lost while a payload was checked settles nothing, whatever the check says', async () => {
    const gate = createGate();
    let checks = 0;
    const schema: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        async validate(value) {
          checks += 1;
          if (checks < 2) return { value };
          await gate.opened;
          return { issues: [{ message: 'no' }] };
        },
      },
    };
    const storeClock = createTestClock();
    await using stage = await openStage({ storeClock, topics: [defineTopic(topic, { schema })] });
    await stage.bus.publish(topic, 1);
    const settles: number[] = [];
    const consumer = await consume(stage.bus, { ...inbox, leaseMs: 1_000 }, () => void settles.push(1));
    await until(() => checks === 2, 'the payload is being checked');
    await storeClock.advance(1_000);
    await stage.store.claim({ subscription: 'coder', consumer: 'other', limit: 1, leaseMs: hour, idle: true });
    await stage.clock.advance(400);
    expect(stage.eventsOf('lease-lost')).toHaveLength(1);
    gate.open();
    await consumer.idle();
    expect([settles.length, stage.eventsOf('lease-lost').length, stage.eventsOf('dead-letter').length]).toEqual([
      0, 1, 0,
    ]);
  });

  it('is not renewed once all its messages are settled', async () => {
    const renewals: string[] = [];
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        renew(token, leaseMs) {
          renewals.push(token);
          return store.renew(token, leaseMs);
        },
      }),
    });
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    const consumer = await consume(stage.bus, { ...inbox, leaseMs: 3_000 }, async (delivery) => {
      await delivery.ack();
      await gate.opened;
    });
    await stage.clock.advance(60_000);
    expect(renewals).toEqual([]);
    gate.open();
    await consumer.idle();
  });
});

describe('a handler that runs longer than timeoutMs', () => {
  it('has its signal aborted and the attempt failed, even if it never returns, and its place given away', async () => {
    await using stage = await openStage();
    await stage.bus.publishAll([1, 2].map((payload) => ({ topic, payload })));
    const reasons: unknown[] = [];
    const seen: unknown[] = [];
    await consume(stage.bus, { ...inbox, timeoutMs: 5_000, maxAttempts: 1 }, ({ message }, { signal }) => {
      seen.push(message.payload);
      void abortOf(signal).then((reason) => reasons.push(reason));
      return message.payload === 1 ? new Promise<void>(() => {}) : undefined;
    });
    await stage.clock.advance(4_999);
    expect([seen, reasons]).toEqual([[1], []]);
    await stage.clock.advance(1);
    await until(() => seen.length === 2, 'the next message got the place');
    expect(reasons).toMatchObject([{ name: 'TimeoutError' }]);
    expect(await deadLetters(stage.bus, 'coder')).toMatchObject([
      { message: { payload: 1 }, reason: 'TimeoutError: The handler ran longer than timeoutMs, 5000 ms.', attempts: 1 },
    ]);
  });

  it('is retried by policy, and what it says later is ignored', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    const attempts: number[] = [];
    const options = { ...inbox, timeoutMs: 5_000, backoff: fixed(1_000) };
    const consumer = await consume(stage.bus, options, async ({ attempt }) => {
      attempts.push(attempt);
      if (attempt > 1) return ack();
      await gate.opened;
      return nack({ reason: 'late' });
    });
    await stage.clock.advance(5_999);
    expect(attempts).toEqual([1]);
    gate.open();
    await stage.clock.advance(1);
    await consumer.idle();
    expect(attempts).toEqual([1, 2]);
    expect(stage.eventsOf('nack')).toMatchObject([{ attempt: 1, reason: expect.stringContaining('TimeoutError') }]);
    expect(stage.eventsOf('ack')).toMatchObject([{ attempt: 2 }]);
  });

  it('times each handler from its own start', async () => {
    await using stage = await openStage();
    const options = { ...inbox, timeoutMs: 5_000, concurrency: 3, maxAttempts: 1 };
    await consume(stage.bus, options, () => new Promise(() => {}));
    for (const payload of [1, 2, 3]) {
      await stage.bus.publish(topic, payload);
      await stage.clock.advance(1_000);
    }
    const died = async (): Promise<unknown[]> =>
      (await deadLetters(stage.bus, 'coder')).map(({ message }) => message.payload);
    await stage.clock.advance(1_999);
    expect(await died()).toEqual([]);
    await stage.clock.advance(1);
    expect(await died()).toEqual([1]);
    await stage.clock.advance(1_000);
    expect(await died()).toEqual([1, 2]);
    await stage.clock.advance(1_000);
    expect(await died()).toEqual([1, 2, 3]);
  });

  it('is timed from its start also when its payload took long to check', async () => {
    const clocks: Clock[] = [];
    const slow: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => new Promise((resolve) => clocks[0]?.after(3_000, () => resolve({ value }))),
      },
    };
    await using stage = await openStage({ topics: [defineTopic(topic, { schema: slow })] });
    clocks.push(stage.clock);
    const options = { ...inbox, timeoutMs: 5_000, maxAttempts: 1 };
    await consume(stage.bus, options, () => new Promise(() => {}));
    const publishing = stage.bus.publish(topic, 1);
    await stage.clock.advance(3_000);
    await publishing;
    await stage.clock.advance(7_999);
    expect(await deadLetters(stage.bus, 'coder')).toEqual([]);
    await stage.clock.advance(1);
    expect(await deadLetters(stage.bus, 'coder')).toHaveLength(1);
  });

  it('is never timed out with timeoutMs 0', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    let aborted = false;
    const consumer = await consume(
      stage.bus,
      { ...inbox, timeoutMs: 0, leaseMs: hour },
      async (_delivery, { signal }) => {
        await gate.opened;
        aborted = signal.aborted;
      },
    );
    await stage.clock.advance(24 * hour);
    gate.open();
    await consumer.idle();
    expect([aborted, stage.eventsOf('ack').length]).toEqual([false, 1]);
  });

  it('sees a signal that has aborted already when it looks only afterwards', async () => {
    await using stage = await openStage();
    await stage.bus.publish(topic, 1);
    const gate = createGate();
    let reason: unknown;
    await consume(stage.bus, { ...inbox, timeoutMs: 1_000 }, async ({ attempt }, context) => {
      if (attempt > 1) return;
      await gate.opened;
      reason = context.signal.reason;
    });
    await stage.clock.advance(1_000);
    gate.open();
    await until(() => reason, 'the handler looked');
    expect(reason).toMatchObject({ name: 'TimeoutError' });
  });
});
