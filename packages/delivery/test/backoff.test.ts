import { BusError } from '@agentbus/core';
import { describe, expect, it } from 'vitest';
import { type Backoff, exponential, fixed, list } from '../src/index.ts';

const half = (): number => 0.5;
const whole = (backoff: Backoff, attempts: readonly number[]): number[] =>
  attempts.map((attempt) => backoff(attempt, () => 1));

describe('exponential backoff', () => {
  it.each<[string, Backoff, readonly (readonly [attempt: number, delayMs: number])[]]>([
    [
      'by default',
      exponential(),
      [
        [1, 1_000],
        [2, 2_000],
        [3, 4_000],
        [8, 128_000],
        [12, 2_048_000],
        [13, 3_600_000],
        [5_000, 3_600_000],
      ],
    ],
    [
      'with another beginning',
      exponential({ firstMs: 50 }),
      [
        [1, 50],
        [2, 100],
        [4, 400],
      ],
    ],
    [
      'with another factor',
      exponential({ factor: 10, maxMs: 50_000 }),
      [
        [1, 1_000],
        [2, 10_000],
        [3, 50_000],
      ],
    ],
    [
      'with factor 1',
      exponential({ factor: 1 }),
      [
        [1, 1_000],
        [100, 1_000],
      ],
    ],
    [
      'from nothing',
      exponential({ firstMs: 0 }),
      [
        [1, 0],
        [5_000, 0],
      ],
    ],
  ])('%s waits longer after each failure, up to its limit', (_name, backoff, table) => {
    expect(
      whole(
        backoff,
        table.map(([attempt]) => attempt),
      ),
    ).toEqual(table.map(([, delayMs]) => delayMs));
  });

  it('waits anything between nothing and the whole with full jitter, as chance has it', () => {
    const backoff = exponential();
    expect([backoff(3, () => 0), backoff(3, half), backoff(3, () => 0.999)]).toEqual([0, 2_000, 3_996]);
  });

  it('waits exactly the whole without jitter', () => {
    expect(exponential({ jitter: 'none' })(3, half)).toBe(4_000);
  });
});

describe('other policies', () => {
  it('fixed waits the same time after each failure', () => {
    expect(whole(fixed(700), [1, 2, 50])).toEqual([700, 700, 700]);
  });

  it('list goes through its delays and stays at the last', () => {
    expect(whole(list([10, 200, 3_000]), [1, 2, 3, 4, 99])).toEqual([10, 200, 3_000, 3_000, 3_000]);
  });
});

describe('a policy that cannot work', () => {
  it.each<[string, () => unknown, string]>([
    ['a negative beginning', () => exponential({ firstMs: -1 }), 'firstMs is -1'],
    ['a factor below 1', () => exponential({ factor: 0.5 }), 'factor is 0.5'],
    ['an endless limit', () => exponential({ maxMs: Number.POSITIVE_INFINITY }), 'maxMs is Infinity'],
    ['a fixed delay that is no number', () => fixed(Number.NaN), 'delayMs is NaN'],
    ['an empty list', () => list([]), 'delaysMs is empty'],
    ['a bad entry of a list', () => list([1, -5]), 'delaysMs[1] is -5'],
  ])('is refused where it is made: %s', (_name, make, words) => {
    expect(make).toThrow(BusError);
    expect(make).toThrow(words);
  });
});
