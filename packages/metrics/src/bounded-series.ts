/** One value per name, for a bounded number of names. */
export interface BoundedSeries<Value> {
  /** The value of this name, or the shared one of all names that came after the limit was reached. */
  of(name: string): Value;
  /** Every name with its value, in alphabetical order, {@link otherName} last. */
  entries(): readonly (readonly [string, Value])[];
}

/** Stands for all names beyond the limit. It is no legal topic, so that it cannot be mistaken for one. */
export const otherName = '(other)';

/**
 * Makes an empty series. Names come from messages, so anybody could make up new ones for ever: beyond `limit` the rest
 * share one value, and memory stays bounded.
 */
export function createBoundedSeries<Value>(limit: number, make: () => Value): BoundedSeries<Value> {
  const values = new Map<string, Value>();
  let other: Value | undefined;
  return {
    of(name) {
      const known = values.get(name);
      if (known !== undefined) return known;
      if (values.size >= limit) {
        other ??= make();
        return other;
      }
      const value = make();
      values.set(name, value);
      return value;
    },
    entries() {
      const named = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
      return other === undefined ? named : [...named, [otherName, other]];
    },
  };
}
