import type { Failure } from './store.ts';

/** Failures kept of one delivery. Enough to see a pattern; a poison message retried for ever must not grow its row. */
export const historyLimit = 32;

/** Adds a failure to a delivery's history, dropping the oldest beyond {@link historyLimit}. */
export function remember(history: readonly Failure[], failure: Failure): readonly Failure[] {
  return [...history, failure].slice(-historyLimit);
}
