import fc from 'fast-check';
import type { StoreHarness } from './harness.ts';
import { type Operation, operations } from './model/operation.ts';
import { play } from './model/play.ts';

/** What {@link runModel} takes. */
export interface ModelOptions {
  /** How many random runs of up to 120 operations each. */
  readonly runs: number;
  /** Chooses the runs. Print it beside the result: with it everything happens again as it did. */
  readonly seed: number;
  /** As a failure told it: plays that one run. */
  readonly path?: string;
  /** Runs that failed once, played before the random ones. */
  readonly regressions?: readonly (readonly Operation[])[];
}

/**
 * Plays random operations on a store, in lockstep with the memory store, and judges both by a ledger of what deliveries
 * may go through: publishing with priorities, delays, lifetimes, duplicates and conflicts; claims, starts, settlements
 * by holders present and past, renewals; redrives and discards; subscriptions that come and go; the clock running,
 * jumping, and crashes. In the end everything owed must be there for the taking.
 *
 * Rejects with the shortest failing run that could be found, its seed and its path. Such a run is plain data: keep it
 * as a regression.
 *
 * ```ts
 * await runModel(harness, { runs: 150, seed: 1 });
 * ```
 */
export async function runModel(harness: StoreHarness, options: ModelOptions): Promise<void> {
  const { runs, seed, path, regressions = [] } = options;
  for (const run of regressions) await play(harness, run);
  await fc.assert(
    fc.asyncProperty(operations, (run) => play(harness, run)),
    { numRuns: runs, seed, ...(path === undefined ? {} : { path }) },
  );
}
