const firstMs = 50;
const longestMs = 10_000;

/**
 * How long to leave a store alone after so many failures in a row: 50 ms, doubling, at most 10 s. Half of it is random, so
 * that consumers that failed together do not come back together; the other half is not, so that no failing store is asked
 * in a hot loop.
 */
export function storeRetryDelay(failures: number, random: () => number): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  return (wholeMs * (1 + random())) / 2;
}
