import {
  BusError,
  type Claim,
  type ClaimRequest,
  type Settlement,
  type SettleResult,
  type Store,
} from '@agentbus/core';
import { until } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { consume, deadLetters, fixed, nack, redrive } from '../src/index.ts';
import { createGate, openStage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };
const topic = inbox.pattern;
const batch = (count: number): { topic: string; payload: number }[] =>
  Array.from({ length: count }, (_, payload) => ({ topic, payload }));

/** Notes every claim and settle on its way to the store. */
function noting(claims: ClaimRequest[], settles: (readonly Settlement[])[] = []): (store: Store) => Store {
  return (store) => ({
    ...store,
    claim(request: ClaimRequest): Promise<Claim> {
      claims.push(request);
      return store.claim(request);
    },
    settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
      settles.push(settlements);
      return store.settle(settlements);
    },
  });
}

describe('a consumer', () => {
  it('runs at most `concurrency` handlers and never claims more than it can run', async () => {
    const claims: ClaimRequest[] = [];
    await using stage = await openStage({ through: noting(claims) });
    await stage.bus.publishAll(batch(20));
    let running = 0;
    let most = 0;
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 3 }, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    await consumer.idle();
    expect(most).toBe(3);
    expect(Math.max(...claims.map(({ limit }) => limit))).toBe(3);
    expect(stage.eventsOf('ack')).toHaveLength(20);
  });

  it('with concurrency 1, the default, handles messages one at a time in the order of publishing', async () => {
    await using stage = await openStage();
    await stage.bus.publishAll(batch(30));
    const log: string[] = [];
    const consumer = await consume(stage.bus, inbox, async ({ message }) => {
      log.push(`start ${message.payload}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`end ${message.payload}`);
    });
    await consumer.idle();
    expect(log).toEqual(batch(30).flatMap(({ payload }) => [`start ${payload}`, `end ${payload}`]));
  });

  it('does not poll: with nothing to do it asks the store once and then waits to be woken', async () => {
    const claims: ClaimRequest[] = [];
    await using stage = await openStage({ through: noting(claims) });
    const consumer = await consume(stage.bus, inbox, () => {});
    await consumer.idle();
    const asked = claims.length;
    await stage.clock.advance(24 * 3_600_000);
    expect(claims.length).toBe(asked);
    await stage.bus.publish(topic, 1);
    await until(() => stage.eventsOf('ack').length === 1, 'the message woke it');
  });

  it('I11 wakes at the very moment when the next message is due', async () => {
    const claims: ClaimRequest[] = [];
    await using stage = await openStage({ through: noting(claims) });
    const consumer = await consume(stage.bus, { ...inbox, backoff: fixed(90_000) }, ({ attempt }) =>
      attempt === 1 ? nack() : undefined,
    );
    await stage.bus.publish(topic, 1, { delayMs: 60_000 });
    await consumer.idle();
    await stage.clock.advance(0);
    const asked = claims.length;
    await stage.clock.advance(59_999);
    expect([stage.eventsOf('dispatch').length, claims.length]).toEqual([0, asked]);
    await stage.clock.advance(1);
    expect(stage.eventsOf('dispatch')).toHaveLength(1);
    await consumer.idle();
    await stage.clock.advance(89_999);
    expect(stage.eventsOf('dispatch')).toHaveLength(1);
    await stage.clock.advance(1);
    expect(stage.eventsOf('dispatch')).toHaveLength(2);
  });

  it('takes over from a consumer that died, once the lease has run out', async () => {
    await using stage = await openStage();
    const spec = { name: 'coder', pattern: topic, from: 'all', settings: {} } as const;
    await stage.store.openSubscription(spec);
    await stage.bus.publish(topic, 1);
    const claim = await stage.store.claim({
      subscription: 'coder',
      consumer: 'dead',
      limit: 1,
      leaseMs: 5_000,
      idle: true,
    });
    stage.store.markStarted(claim.lease?.token ?? '', claim.lease?.deliveries[0]?.seq ?? 0);
    const attempts: number[] = [];
    await consume(stage.bus, inbox, ({ attempt }) => void attempts.push(attempt));
    await stage.clock.advance(4_999);
    expect(attempts).toEqual([]);
    await stage.clock.advance(1);
    await until(() => attempts.length === 1, 'the message was taken over');
    expect(attempts).toEqual([2]);
  });

  it('tells of messages that expired before anybody could have them, and gives them to nobody', async () => {
    await using stage = await openStage();
    const { id } = await stage.bus.publish(topic, 1, { ttlMs: 1_000 });
    await stage.clock.advance(1_000);
    let starts = 0;
    const consumer = await consume(stage.bus, inbox, () => {
      starts += 1;
    });
    await consumer.idle();
    expect(starts).toBe(0);
    expect(stage.eventsOf('expire')).toMatchObject([{ subscription: 'coder', messageId: id, topic }]);
  });

  it('settles what one turn leaves behind in one group, and asks for more in the same turn', async () => {
    const calls: string[] = [];
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        claim(request) {
          calls.push(`claim ${request.limit}`);
          setImmediate(() => calls.push('turn'));
          return store.claim(request);
        },
        settle(settlements) {
          calls.push(`settle ${settlements.length}`);
          return store.settle(settlements);
        },
      }),
    });
    await stage.bus.publishAll(batch(20));
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 10 }, async () => {});
    await consumer.idle();
    expect(calls.slice(0, 7)).toEqual(['claim 10', 'turn', 'settle 10', 'claim 10', 'turn', 'settle 10', 'claim 10']);
  });

  it('lets the event loop turn while it works off a backlog of quick handlers', async () => {
    await using stage = await openStage();
    await stage.bus.publishAll(batch(2_000));
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 10 }, () => {});
    await consumer.idle();
    done = true;
    expect(turns).toBeGreaterThanOrEqual(200);
  });
});

describe('while the store is slow to take settlements', () => {
  it('goes on starting, with one group on its way and at most four times `concurrency` unsettled', async () => {
    const gate = createGate();
    const settles: (readonly Settlement[])[] = [];
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        async settle(settlements) {
          settles.push(settlements);
          await gate.opened;
          return store.settle(settlements);
        },
      }),
    });
    await stage.bus.publishAll(batch(50));
    let handled = 0;
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 2 }, () => {
      handled += 1;
    });
    await until(() => handled === 8, 'as many are handled as may be unsettled');
    await stage.clock.advance(0);
    expect([handled, settles.length]).toEqual([8, 1]);
    gate.open();
    await consumer.idle();
    expect([handled, settles[1]?.length]).toEqual([50, 6]);
    expect(stage.eventsOf('ack')).toHaveLength(50);
  });
});

describe('a suspect, which was running when its process died', () => {
  it('I7 runs alone: nothing is running when it is claimed, and nothing is claimed while it runs', async () => {
    const claims: ClaimRequest[] = [];
    await using stage = await openStage({ through: noting(claims) });
    const spec = { name: 'coder', pattern: topic, from: 'all', settings: {} } as const;
    await stage.store.openSubscription(spec);
    await stage.bus.publish(topic, 'suspect');
    const claim = await stage.store.claim({
      subscription: 'coder',
      consumer: 'dead',
      limit: 1,
      leaseMs: 5_000,
      idle: true,
    });
    stage.store.markStarted(claim.lease?.token ?? '', claim.lease?.deliveries[0]?.seq ?? 0);
    const gates = new Map(['suspect', 'early', 'late'].map((name) => [name, createGate()]));
    const running = new Set<unknown>();
    const together: string[] = [];
    const consumer = await consume(stage.bus, { ...inbox, concurrency: 5 }, async ({ message }) => {
      running.add(message.payload);
      together.push([...running].join(' + '));
      await gates.get(String(message.payload))?.opened;
      running.delete(message.payload);
    });
    await stage.bus.publish(topic, 'early');
    await until(() => running.has('early'), 'an ordinary message runs');
    await stage.clock.advance(5_000);
    await stage.bus.publish(topic, 'late');
    await stage.clock.advance(0);
    expect([...running]).toEqual(['early']);
    // Until then it does not ask again and again.
    const asked = claims.length;
    await stage.clock.advance(0);
    expect(claims.length).toBe(asked);
    gates.get('early')?.open();
    await until(() => running.has('suspect'), 'the suspect runs');
    await stage.bus.publish(topic, 'later');
    await stage.clock.advance(0);
    expect([...running]).toEqual(['suspect']);
    gates.get('suspect')?.open();
    await until(() => running.has('late'), 'ordinary messages run again');
    await stage.bus.publish(topic, 'late');
    await until(() => stage.eventsOf('dispatch').length === 5, 'and beside each other');
    gates.get('late')?.open();
    await consumer.idle();
    expect(together.slice(0, 2)).toEqual(['early', 'suspect']);
    expect(stage.eventsOf('ack')).toHaveLength(5);
  });

  it('I7 that was started as often as allowed is a dead letter without being started again', async () => {
    await using stage = await openStage();
    const spec = { name: 'coder', pattern: topic, from: 'all', settings: { maxAttempts: 2 } } as const;
    await stage.store.openSubscription(spec);
    const { id } = await stage.bus.publish(topic, 'poison');
    for (let crash = 0; crash < 2; crash += 1) {
      const claim = await stage.store.claim({
        subscription: 'coder',
        consumer: 'dead',
        limit: 1,
        leaseMs: 1_000,
        idle: true,
      });
      stage.store.markStarted(claim.lease?.token ?? '', claim.lease?.deliveries[0]?.seq ?? 0);
      await stage.clock.advance(1_000);
    }
    let starts = 0;
    const consumer = await consume(stage.bus, inbox, () => {
      starts += 1;
    });
    await consumer.idle();
    expect(starts).toBe(0);
    expect(stage.eventsOf('dead-letter')).toMatchObject([{ messageId: id, attempt: 2, reason: 'crashed' }]);
    expect(await deadLetters(stage.bus, 'coder')).toMatchObject([
      {
        message: { id },
        reason: 'crashed',
        detail: expect.stringContaining('lease ran out'),
        attempts: 2,
        history: [
          { attempt: 1, reason: 'lease ran out' },
          { attempt: 2, reason: 'lease ran out' },
        ],
      },
    ]);
    // Redriven it is like new, and may run beside others.
    expect(await redrive(stage.bus, 'coder')).toEqual([id]);
    await consumer.idle();
    expect([starts, stage.eventsOf('ack').map(({ attempt }) => attempt)]).toEqual([1, [1]]);
  });
});

describe('a store that fails', () => {
  const busy = new BusError('store_busy', 'locked', { retryable: true });
  const broken = new BusError('store_failed', 'disk gone');

  it.each([busy, broken])(
    'with $code is asked again after a while, never in a hot loop, and told of each time',
    async (failure) => {
      let failing = true;
      let claims = 0;
      await using stage = await openStage({
        through: (store) => ({
          ...store,
          claim(request) {
            claims += 1;
            return failing ? Promise.reject(failure) : store.claim(request);
          },
        }),
      });
      await consume(stage.bus, { ...inbox, random: () => 0.5 }, () => {});
      await stage.bus.publish(topic, 1);
      await stage.clock.advance(60_000);
      // 37.5 ms, doubling up to 7.5 s: 14 tries in a minute, whatever rings meanwhile.
      expect(claims).toBeGreaterThan(10);
      expect(claims).toBeLessThan(18);
      const told = stage.eventsOf('store-error');
      expect(told).toHaveLength(claims);
      expect(told[0]).toMatchObject({ error: failure, doing: 'claiming for subscription "coder"' });
      failing = false;
      await stage.clock.advance(10_000);
      expect(stage.eventsOf('ack')).toHaveLength(1);
      // The next time it fails, the waiting begins anew.
      failing = true;
      await stage.bus.publish(topic, 2);
      await stage.clock.advance(0);
      failing = false;
      await stage.clock.advance(40);
      expect(stage.eventsOf('ack')).toHaveLength(2);
    },
  );

  it('to settle is tried again, and no settlement is lost or done twice', async () => {
    let failures = 3;
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        settle: (settlements) => {
          failures -= 1;
          return failures >= 0 ? Promise.reject(busy) : store.settle(settlements);
        },
      }),
    });
    await stage.bus.publishAll(batch(10));
    const handled: unknown[] = [];
    const consumer = await consume(
      stage.bus,
      { ...inbox, concurrency: 10 },
      ({ message }) => void handled.push(message.payload),
    );
    await stage.clock.advance(10_000);
    await consumer.idle();
    expect(handled).toHaveLength(10);
    expect([stage.eventsOf('ack').length, stage.eventsOf('store-error').length]).toEqual([10, 3]);
  });

  it('I5 to settle until the lease has run out makes the settlement stale, and the message comes again', async () => {
    let failing = true;
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        settle: (settlements) => (failing ? Promise.reject(busy) : store.settle(settlements)),
      }),
    });
    await stage.bus.publish(topic, 1);
    const results: unknown[] = [];
    const consumer = await consume(stage.bus, { ...inbox, leaseMs: 2_000, random: () => 0.5 }, (delivery) => {
      void delivery.ack().then((result) => results.push([delivery.attempt, result]));
    });
    await stage.clock.advance(1_999);
    expect(results).toEqual([]);
    // Refused once more after the lease has run out, it is not tried again.
    await stage.clock.advance(1_000);
    expect(results).toEqual([[1, 'stale']]);
    failing = false;
    await stage.clock.advance(20_000);
    await consumer.idle();
    expect(results).toEqual([
      [1, 'stale'],
      [2, 'ok'],
    ]);
    expect(stage.eventsOf('lease-lost')).toMatchObject([{ attempt: 1 }]);
    expect(stage.eventsOf('ack')).toHaveLength(1);
  });

  it('to record a start does not start it, and is asked again after a while', async () => {
    let failing = true;
    await using stage = await openStage({
      through: (store) => ({
        ...store,
        markStarted(token, seq) {
          if (failing) throw broken;
          store.markStarted(token, seq);
        },
      }),
    });
    await stage.bus.publish(topic, 1);
    let starts = 0;
    const consumer = await consume(stage.bus, inbox, () => {
      starts += 1;
    });
    await stage.clock.advance(5_000);
    expect(starts).toBe(0);
    expect(stage.eventsOf('store-error').length).toBeLessThan(15);
    expect(stage.eventsOf('store-error')[0]).toMatchObject({ doing: 'recording a start for subscription "coder"' });
    failing = false;
    await stage.clock.advance(20_000);
    await consumer.idle();
    expect([starts, stage.eventsOf('ack')[0]?.attempt]).toEqual([1, 1]);
  });
});
