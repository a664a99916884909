import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHistogram, type Histogram, mergeHistograms } from '../src/histogram.ts';

const durations = fc.array(
  fc.oneof(
    fc.double({ min: 0.001, max: 10, noNaN: true }),
    fc.double({ min: 0.001, max: 1e10, noNaN: true }),
    fc.constantFrom(0.001, 1, 1, 1000),
  ),
  { minLength: 1, maxLength: 300 },
);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('a histogram', () => {
  test('gives every quantile within 1 % of the recorded duration of that rank', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const sorted = values.toSorted((a, b) => a - b);
        const { p50Ms, p95Ms, p99Ms } = histogramOf(values).summary();
        for (const [fraction, estimate] of [
          [0.5, p50Ms],
          [0.95, p95Ms],
          [0.99, p99Ms],
        ] as const) {
          const exact = sorted[Math.ceil(fraction * sorted.length) - 1] ?? 0;
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.010_000_1);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('knows count, mean and maximum exactly, and never shows a quantile above the maximum', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const { count, meanMs, maxMs, p50Ms, p95Ms, p99Ms } = histogramOf(values).summary();
        expect(count).toBe(values.length);
        expect(maxMs).toBe(Math.max(...values));
        expect(meanMs).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 3);
        expect([p50Ms, p95Ms, p99Ms, maxMs]).toEqual([p50Ms, p95Ms, p99Ms, maxMs].toSorted((a, b) => a - b));
      }),
    );
  });

  test('merges into what one histogram would have held', () => {
    fc.assert(
      fc.property(fc.array(durations, { maxLength: 4 }), (parts) => {
        const merged = mergeHistograms(parts.map(histogramOf)).summary();
        const whole = histogramOf(parts.flat()).summary();
        expect(merged).toEqual({ ...whole, meanMs: merged.meanMs });
        expect(Math.abs(merged.meanMs - whole.meanMs)).toBeLessThanOrEqual(whole.meanMs * 1e-9);
      }),
    );
  });

  test('is all zeros while empty, and counts what clock skew made negative as a microsecond', () => {
    expect(createHistogram().summary()).toEqual({ count: 0, meanMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 });
    expect(histogramOf([-5, 0]).summary()).toMatchObject({ count: 2, maxMs: 0.001, meanMs: 0.001 });
  });

  test('stays small whatever is recorded', () => {
    const histogram = createHistogram();
    for (let ms = 0.001; ms < 31_536_000_000; ms *= 1.001) histogram.record(ms);
    expect(histogram.tally.buckets.length).toBeLessThan(1_600);
  });
});
