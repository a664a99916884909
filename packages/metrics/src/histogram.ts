/**
 * Counts durations in buckets whose bounds grow by a constant factor, so that every quantile is within
 * {@link histogramRelativeError} of a value that was really recorded, however long the tail: some 700 buckets up to a
 * second, 1,600 up to a year.
 *
 * Own code, because the libraries for this bring a WebAssembly build or a wire format along, for forty lines.
 */
export interface Histogram {
  /** Adds one duration in milliseconds. What is below a microsecond, or negative, counts as a microsecond. */
  record(ms: number): void;
  /** The figures for people and machines. */
  summary(): LatencySummary;
  readonly tally: Tally;
}

/** What a histogram holds. */
interface Tally {
  /** How many durations, by bucket. Reaches as far as the longest one. */
  readonly buckets: number[];
  count: number;
  sumMs: number;
  maxMs: number;
}

/**
 * Durations in milliseconds. The quantiles are within 1 % of a recorded duration, `maxMs` is exact; all are 0 when
 * `count` is.
 */
export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** By how much a quantile may differ from the duration that really has this rank. */
export const histogramRelativeError = 0.01;

const smallestMs = 0.001;
const growth = (1 + histogramRelativeError) / (1 - histogramRelativeError);
const logGrowth = Math.log(growth);

/** Makes an empty histogram. */
export function createHistogram(): Histogram {
  const tally: Tally = { buckets: [], count: 0, sumMs: 0, maxMs: 0 };
  return {
    record(ms) {
      const value = Math.max(ms, smallestMs);
      addTo(tally.buckets, bucketOf(value), 1);
      tally.count += 1;
      tally.sumMs += value;
      if (value > tally.maxMs) tally.maxMs = value;
    },
    summary: () => ({
      count: tally.count,
      meanMs: tally.count === 0 ? 0 : tally.sumMs / tally.count,
      p50Ms: quantile(0.5, tally),
      p95Ms: quantile(0.95, tally),
      p99Ms: quantile(0.99, tally),
      maxMs: tally.maxMs,
    }),
    tally,
  };
}

/** A new histogram that holds what all of these hold. Merging loses nothing. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const merged = createHistogram();
  const { tally } = merged;
  for (const { tally: part } of histograms) {
    for (const [bucket, size] of part.buckets.entries()) addTo(tally.buckets, bucket, size);
    tally.count += part.count;
    tally.sumMs += part.sumMs;
    tally.maxMs = Math.max(tally.maxMs, part.maxMs);
  }
  return merged;
}

function addTo(buckets: number[], bucket: number, by: number): void {
  // Without holes, so that the array stays one block of memory.
  while (buckets.length <= bucket) buckets.push(0);
  buckets[bucket] = (buckets[bucket] ?? 0) + by;
}

/** The duration of nearest rank: the smallest one that at least this fraction of all does not exceed. */
function quantile(fraction: number, { buckets, count, maxMs }: Tally): number {
  const rank = Math.ceil(fraction * count);
  let seen = 0;
  for (const [bucket, size] of buckets.entries()) {
    seen += size;
    if (size > 0 && seen >= rank) return Math.min(middleOf(bucket), maxMs);
  }
  return 0;
}

/** Bucket 0 holds what counts as a microsecond, bucket `n` what is longer than its predecessor by `growth` at most. */
function bucketOf(ms: number): number {
  return Math.ceil(Math.log(ms / smallestMs) / logGrowth);
}

/** The value that is equally far, relatively, from both bounds of a bucket. */
function middleOf(bucket: number): number {
  return (smallestMs * 2 * growth ** bucket) / (growth + 1);
}
