import type { Store } from '@agentbus/core';
import type { TestClock } from './test-clock.ts';

/**
 * What some cases need and not every store can offer.
 *
 * - `clock`: leases, retries and delays are measured on the clock that the harness is given.
 * - `reopen`: the data outlives the store object, and even a process that dies without closing it.
 * - `second`: several stores work on the same data at once, as those of several processes do.
 */
export type Capability = 'clock' | 'reopen' | 'second';

/** How a store comes to be left behind: closed in order, or abandoned as a killed process leaves it. */
export type Ending = 'closed' | 'crashed';

/**
 * How the cases get hold of the store they judge. A store's own tests write one:
 *
 * ```ts
 * const memory: StoreHarness = {
 *   differences: { reopen: 'A memory store ends with its process.', second: 'A memory store is seen by one process.' },
 *   open: async ({ clock }) => createMemoryStore({ clock }),
 * };
 * ```
 */
export interface StoreHarness {
  /**
   * What the store does otherwise than the others, and why: by the name of a case, or by a {@link Capability}. Cases
   * named here are not run, and reported with the reason. Default: nothing.
   */
  readonly differences?: Readonly<Record<string, string>>;
  /** Opens a store without any data that goes by `clock`. */
  open(options: { readonly clock: TestClock }): Promise<Store>;
  /** Leaves `store` behind and opens its data again. Left out by stores that declare `reopen`. */
  reopen?(store: Store, ending: Ending): Promise<Store>;
  /** Opens another store on the data of `store`, which stays open. Left out by stores that declare `second`. */
  second?(store: Store): Promise<Store>;
  /** Throws the data of a closed store away. Left out by stores that leave nothing behind. */
  erase?(store: Store): Promise<void>;
}

/** One thing that every store promises. */
export interface ConformanceCase {
  /** A sentence, led by the number of the invariant that it holds to, where there is one. */
  readonly name: string;
  /** What the store must be able to do for the case to make sense. */
  readonly needs: readonly Capability[];
  /** Rejects with an AssertionError if the store breaks the promise. */
  run(harness: StoreHarness): Promise<void>;
}

/** A case that does not hold for a store, and why. */
export interface DeclaredDifference {
  readonly case: ConformanceCase;
  readonly reason: string;
}

/**
 * Divides cases into those to run against a store and those that it has declared not to keep, with the reason. To be
 * fed to whatever test runner there is:
 *
 * ```ts
 * const { run, declared } = applicable(conformanceCases, harness);
 * for (const { name, run: check } of run) it(name, () => check(harness));
 * for (const { case: { name }, reason } of declared) it.skip(`${name} (${reason})`, () => {});
 * ```
 *
 * @throws TypeError when the harness lacks a method without declaring it, or declares what does not exist: a difference
 * must not hide behind an omission, nor outlive its case.
 */
export function applicable(
  cases: readonly ConformanceCase[],
  harness: StoreHarness,
): { readonly run: readonly ConformanceCase[]; readonly declared: readonly DeclaredDifference[] } {
  const differences = new Map(Object.entries(harness.differences ?? {}));
  assertDeclared(cases, harness, differences);
  const run: ConformanceCase[] = [];
  const declared: DeclaredDifference[] = [];
  for (const one of cases) {
    const reason = [one.name, ...one.needs].map((key) => differences.get(key)).find((text) => text !== undefined);
    if (reason === undefined) run.push(one);
    else declared.push({ case: one, reason });
  }
  return { run, declared };
}

function assertDeclared(
  cases: readonly ConformanceCase[],
  harness: StoreHarness,
  differences: ReadonlyMap<string, string>,
): void {
  for (const method of ['reopen', 'second'] as const) {
    if (harness[method] === undefined && !differences.has(method)) {
      throw new TypeError(
        `The harness has no ${method}(): add it, or say in \`differences.${method}\` why it cannot be.`,
      );
    }
  }
  const known = new Set(cases.flatMap(({ name, needs }) => [name, ...needs]));
  for (const key of differences.keys()) {
    if (!known.has(key))
      throw new TypeError(`The harness declares a difference in "${key}", but there is no such case.`);
  }
}
