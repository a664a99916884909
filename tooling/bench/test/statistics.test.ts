import { describe, expect, it } from 'vitest';
import { median, quantile, summarize } from '../src/statistics.ts';

describe('a quantile', () => {
  it('is the value in the middle, or halfway between the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('is interpolated between neighbours', () => {
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
    expect(quantile([0, 100], 0.99)).toBe(99);
  });

  it('sorts by size, not by spelling, and leaves the values as they were', () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it('of nothing does not exist', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a summary', () => {
  it('gives median and quartiles, which one stalled round does not move', () => {
    expect(summarize([10, 11, 12, 13, 10_000])).toEqual({ median: 12, low: 11, high: 13, count: 5 });
  });
});
