import { BusError } from '@agentbus/core';
import { describe, expect, it } from 'vitest';
import { ack, consume, deadLetter, deadLetters, fixed, nack } from '../src/index.ts';
import { openStage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };

describe('consume() refuses, before anything is stored,', () => {
  it.each<[string, object, string]>([
    ['a missing name', { name: '' }, 'name is ""'],
    ['a name longer than any agent has', { name: 'x'.repeat(257) }, 'name is 257 characters long'],
    [
      'a lease too short to be renewed',
      { leaseMs: 5 },
      'leaseMs is 5; it must be a number of milliseconds, at least 10',
    ],
    ['a negative timeout', { timeoutMs: -1 }, 'timeoutMs is -1'],
    ['an endless timeout that is not 0', { timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs is Infinity'],
    ['no attempts', { maxAttempts: 0 }, 'maxAttempts is 0'],
    ['half an attempt', { maxAttempts: 1.5 }, 'maxAttempts is 1.5'],
    ['no concurrency', { concurrency: 0 }, 'concurrency is 0'],
    ['a backoff that is a number', { backoff: 1_000 }, 'backoff is 1000; it must be a policy'],
    ['a beginning that does not exist', { from: 'yesterday' }, 'from is "yesterday"'],
    ['a position that is none', { from: { seq: 'x' } }, 'from is {"seq":"x"}'],
    ['chance that is a number', { random: 4 }, 'random is 4'],
    ['an option that does not exist', { maxAttempt: 3 }, 'consume() has no option "maxAttempt"'],
    ['what is still to come', { ordered: true }, 'consume() has no option "ordered"'],
  ])('%s', async (_name, wrong, words) => {
    await using stage = await openStage();
    const refused = consume(stage.bus, { ...inbox, ...wrong }, () => {});
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_option' });
    expect((await stage.store.stats()).subscriptions).toEqual([]);
  });

  it('a pattern that breaks the grammar', async () => {
    await using stage = await openStage();
    await expect(consume(stage.bus, { name: 'x', pattern: 'a..b' }, () => {})).rejects.toMatchObject({
      code: 'invalid_pattern',
    });
  });

  it('a signal that has aborted already', async () => {
    await using stage = await openStage();
    const signal = AbortSignal.abort(new Error('changed my mind'));
    await expect(consume(stage.bus, { ...inbox, signal }, () => {})).rejects.toThrow('changed my mind');
    expect((await stage.store.stats()).subscriptions).toEqual([]);
  });
});

describe('the limits of a subscription', () => {
  it('are kept with it: whoever leaves them out obeys them', async () => {
    await using stage = await openStage();
    const first = await consume(stage.bus, { ...inbox, maxAttempts: 2, timeoutMs: 7_000 }, () => {});
    await first.stop();
    await stage.bus.publish(inbox.pattern, 1);
    const second = await consume(stage.bus, { ...inbox, backoff: fixed(0) }, () => new Promise<void>(() => {}));
    await stage.clock.advance(7_000);
    await stage.clock.advance(7_000);
    await second.idle();
    expect(await deadLetters(stage.bus, 'coder')).toMatchObject([
      { attempts: 2, reason: expect.stringContaining('7000 ms') },
    ]);
  });

  it('are not laid down by defaults: who names them first sets them', async () => {
    await using stage = await openStage();
    await consume(stage.bus, inbox, () => {});
    await consume(stage.bus, { ...inbox, maxAttempts: 2 }, () => {});
    expect((await stage.store.stats()).subscriptions).toMatchObject([{ settings: { maxAttempts: 2 } }]);
  });

  it('cannot be contradicted, unless with update', async () => {
    await using stage = await openStage();
    await consume(stage.bus, { ...inbox, maxAttempts: 2 }, () => {});
    const other = { ...inbox, maxAttempts: 3 };
    await expect(consume(stage.bus, other, () => {})).rejects.toMatchObject({ code: 'config_conflict' });
    await expect(consume(stage.bus, { ...inbox, pattern: 'agents.>' }, () => {})).rejects.toMatchObject({
      code: 'config_conflict',
    });
    await consume(stage.bus, { ...other, update: true }, () => {});
    expect((await stage.store.stats()).subscriptions).toMatchObject([{ settings: { maxAttempts: 3 } }]);
  });

  it('do not include what belongs to one consumer', async () => {
    await using stage = await openStage();
    await consume(stage.bus, { ...inbox, leaseMs: 1_000, concurrency: 3 }, () => {});
    await consume(stage.bus, { ...inbox, leaseMs: 9_000, concurrency: 5 }, () => {});
    expect((await stage.store.stats()).subscriptions).toMatchObject([{ settings: {} }]);
  });
});

describe('a new subscription', () => {
  it.each<[string, 'all' | 'new' | { seq: number } | undefined, unknown[]]>([
    ['by default begins with everything stored', undefined, [1, 2, 3]],
    ['from all begins with everything stored', 'all', [1, 2, 3]],
    ['from a position begins after it', { seq: 1 }, [2, 3]],
    ['from new begins with what comes', 'new', [3]],
  ])('%s', async (_name, from, expected) => {
    await using stage = await openStage();
    await stage.bus.publish(inbox.pattern, 1);
    await stage.bus.publish(inbox.pattern, 2);
    const seen: unknown[] = [];
    const options = from === undefined ? inbox : { ...inbox, from };
    const consumer = await consume(stage.bus, options, ({ message }) => void seen.push(message.payload));
    await stage.bus.publish(inbox.pattern, 3);
    await consumer.idle();
    expect(seen).toEqual(expected);
  });
});

describe('settlements refuse what cannot work', () => {
  it.each<[string, () => unknown, string]>([
    ['ack with a negative time', () => ack({ processingMs: -1 }), 'processingMs is -1'],
    ['nack with a delay that is no number', () => nack({ delayMs: Number.NaN }), 'delayMs is NaN'],
    ['nack with an empty reason', () => nack({ reason: '' }), 'reason is ""'],
    ['deadLetter without a reason', () => deadLetter(''), 'reason is ""'],
  ])('%s', (_name, make, words) => {
    expect(make).toThrow(BusError);
    expect(make).toThrow(words);
  });
});
