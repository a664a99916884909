/** The middle of several measurements and how far they spread. */
export interface Summary {
  readonly median: number;
  /** The first quartile: a quarter of the measurements lie below. */
  readonly low: number;
  /** The third quartile. */
  readonly high: number;
  readonly count: number;
}

/** The value below which the fraction `q` of `values` lies, interpolated between neighbours. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError('There is no quantile of no values.');
  return below + (above - below) * (place - Math.floor(place));
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median and quartiles. Unlike a mean they survive the stalls of a shared machine. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
    count: values.length,
  };
}
