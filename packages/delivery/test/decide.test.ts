import type { Outcome } from '@agentbus/core';
import { describe, expect, it } from 'vitest';
import { fixed } from '../src/backoff.ts';
import { decide, type RetryRules } from '../src/decide.ts';
import { type Ending, endingOfReturn, endingOfThrow } from '../src/normalize.ts';
import { ack, deadLetter, nack, release } from '../src/settlement.ts';

const rules: RetryRules = { maxAttempts: 3, backoff: fixed(500), random: () => 0.5 };
const returned = (value: unknown): Ending => endingOfReturn(value, () => {});
const bare = Object.assign(new TypeError('boom'), { stack: 'TypeError: boom\n    at handler' });

describe('the policy decides what becomes of a delivery', () => {
  it.each<[string, Ending, number, Outcome]>([
    ['returning nothing acks', returned(undefined), 1, { kind: 'ack' }],
    ['returning something that means nothing acks', returned(42), 1, { kind: 'ack' }],
    ['ack() acks', returned(ack({ processingMs: 5 })), 3, { kind: 'ack' }],
    ['release() releases, on the last attempt too', returned(release()), 3, { kind: 'release' }],
    ['deadLetter() gives up with attempts left', returned(deadLetter('bad')), 1, { kind: 'dead', reason: 'bad' }],
    ['nack() retries after the backoff', returned(nack()), 1, { kind: 'retry', delayMs: 500, reason: 'nacked' }],
    [
      'nack() has its own reason',
      returned(nack({ reason: 'busy' })),
      2,
      { kind: 'retry', delayMs: 500, reason: 'busy' },
    ],
    ['nack() has its own delay', returned(nack({ delayMs: 0 })), 2, { kind: 'retry', delayMs: 0, reason: 'nacked' }],
    [
      'nack() on the last attempt gives up whatever delay it asks for',
      returned(nack({ delayMs: 9, reason: 'busy' })),
      3,
      { kind: 'dead', reason: 'busy', detail: 'attempt 3 of 3 failed' },
    ],
    ['throwing retries', endingOfThrow(bare), 2, { kind: 'retry', delayMs: 500, reason: 'TypeError: boom' }],
    [
      'throwing on the last attempt gives up and keeps the stack',
      endingOfThrow(bare),
      3,
      { kind: 'dead', reason: 'TypeError: boom', detail: 'attempt 3 of 3 failed\nTypeError: boom\n    at handler' },
    ],
    [
      'an attempt beyond the limit gives up',
      returned(nack()),
      7,
      { kind: 'dead', reason: 'nacked', detail: 'attempt 7 of 3 failed' },
    ],
    [
      'throwing nothing fails too',
      endingOfThrow(undefined),
      1,
      { kind: 'retry', delayMs: 500, reason: 'undefined: undefined' },
    ],
    ['throwing a text fails with it', endingOfThrow('no'), 1, { kind: 'retry', delayMs: 500, reason: 'string: no' }],
    [
      'throwing what has no text fails too',
      endingOfThrow(Object.create(null)),
      1,
      { kind: 'retry', delayMs: 500, reason: 'object: [object Object]' },
    ],
  ])('%s', (_name, ending, attempt, outcome) => {
    expect(decide(ending, attempt, rules)).toEqual(outcome);
  });

  it('lets the default backoff stand in for a function that fails, and says so in the reason', () => {
    const broken = (): number => {
      throw new RangeError('no such attempt');
    };
    const random = (): number => 0.5;
    expect(decide(returned(nack()), 2, { maxAttempts: 9, backoff: broken, random })).toEqual({
      kind: 'retry',
      delayMs: 1_000,
      reason: 'nacked (the backoff function threw RangeError: no such attempt)',
    });
    expect(decide(returned(nack()), 1, { maxAttempts: 9, backoff: () => Number.NaN, random })).toEqual({
      kind: 'retry',
      delayMs: 500,
      reason: 'nacked (the backoff function gave NaN)',
    });
  });

  it('asks the backoff with the attempt that failed and the chance that it was given', () => {
    const random = (): number => 0.25;
    const asked: unknown[] = [];
    decide(returned(nack()), 2, { ...rules, backoff: (...given) => asked.push(given), random });
    expect(asked).toEqual([[2, random]]);
  });

  it('keeps reasons and details short, so that a payload pasted into an error does not fill the store', () => {
    const ending = endingOfThrow(new Error('x'.repeat(100_000)));
    const outcome = decide(ending, 3, rules);
    expect(JSON.stringify(outcome).length).toBeLessThan(5_000);
  });
});
