import assert from 'node:assert/strict';
import type {
  Claim,
  ClaimRequest,
  Draft,
  Lease,
  Outcome,
  SettleResult,
  Store,
  StoredMessage,
  SubscriptionSettings,
  SubscriptionSpec,
  SubscriptionStats,
} from '@agentbus/core';
import type { Capability, ConformanceCase, Ending, StoreHarness } from './harness.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

/** The lease that trials take unless they say otherwise. */
export const leaseMs = 30_000;

/** One case's store and clock, with the shortest way to say what cases say all the time. */
export interface Trial {
  readonly clock: TestClock;
  /** The store on trial; after {@link reopen} the new one. */
  readonly store: Store;
  /** A valid draft on topic `jobs.a`, published now, with the next id of `m1`, `m2`, … */
  draft(fields?: Partial<Draft>): Draft;
  /** Appends one draft for each set of fields, as one batch, and returns them. */
  publish(...fields: Partial<Draft>[]): Promise<readonly Draft[]>;
  /** Opens a subscription on `jobs.>` from all. */
  subscribe(name: string, fields?: Partial<SubscriptionSpec>): Promise<SubscriptionSettings>;
  /** Claims up to 100 for an idle consumer. */
  claim(subscription: string, fields?: Partial<ClaimRequest>): Promise<Claim>;
  /** A claim that must find something. */
  lease(subscription: string, fields?: Partial<ClaimRequest>): Promise<Lease>;
  /** A claim that must find nothing to lease. */
  nothing(subscription: string, fields?: Partial<ClaimRequest>): Promise<Claim>;
  /** Settles the deliveries of a lease, or those with certain ids, alike and in one call. */
  settle(lease: Lease, outcome: Outcome, ids?: readonly string[]): Promise<readonly SettleResult[]>;
  stats(subscription: string): Promise<SubscriptionStats>;
  /** Leaves the store behind and opens its data again. */
  reopen(ending: Ending): Promise<void>;
  /** Opens another store on the same data. */
  second(): Promise<Store>;
}

/** Makes a case whose `check` gets a fresh store, and sees to it that every store it opened is closed in the end. */
export function conformanceCase(
  name: string,
  needs: readonly Capability[],
  check: (trial: Trial) => Promise<void>,
): ConformanceCase {
  return {
    name,
    needs,
    async run(harness) {
      const clock = createTestClock();
      const opened = [await harness.open({ clock })];
      try {
        await check(createTrial(harness, clock, opened));
      } finally {
        for (const store of opened) await store.close();
        for (const store of opened) await harness.erase?.(store);
      }
    },
  };
}

/** The ids of messages or deliveries, in their order. */
export function idsOf(messages: readonly StoredMessage[]): readonly string[] {
  return messages.map(({ record }) => record.id);
}

/** Asserts that a verb rejects with a BusError of this code. */
export async function assertRejects(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, { name: 'BusError', code });
}

/** `opened` lists every store of the trial, the current one first. */
function createTrial(harness: StoreHarness, clock: TestClock, opened: Store[]): Trial {
  let made = 0;
  const current = (): Store => {
    const [store] = opened;
    assert(store !== undefined);
    return store;
  };
  const trial: Trial = {
    clock,
    get store() {
      return current();
    },
    draft(fields = {}) {
      made += 1;
      const id = fields.id ?? `m${made}`;
      const defaults: Draft = {
        id,
        topic: 'jobs.a',
        body: `{"n":${made}}`,
        headers: {},
        source: 'trial',
        priority: 'normal',
        correlationId: id,
        publishedAt: clock.now(),
      };
      return { ...defaults, ...fields };
    },
    async publish(...fields) {
      const drafts = fields.map((one) => trial.draft(one));
      await trial.store.append(drafts);
      return drafts;
    },
    subscribe: (name, fields) =>
      trial.store.openSubscription({ name, pattern: 'jobs.>', from: 'all', settings: {}, ...fields }),
    claim: (subscription, fields) =>
      trial.store.claim({ subscription, consumer: 'worker', limit: 100, leaseMs, idle: true, ...fields }),
    async lease(subscription, fields) {
      const { lease } = await trial.claim(subscription, fields);
      assert(lease !== undefined, `"${subscription}" is owed something, but the claim found nothing`);
      return lease;
    },
    async nothing(subscription, fields) {
      const claim = await trial.claim(subscription, fields);
      assert.deepEqual(idsOf(claim.lease?.deliveries ?? []), []);
      assert.equal(claim.lease, undefined, 'a claim that finds nothing gives no lease');
      return claim;
    },
    settle: ({ token, deliveries }, outcome, ids = idsOf(deliveries)) =>
      trial.store.settle(
        ids.map((id) => {
          const seq = deliveries.find(({ record }) => record.id === id)?.seq;
          assert(seq !== undefined, `"${id}" is not in the lease`);
          return { token, seq, outcome };
        }),
      ),
    async stats(subscription) {
      const { subscriptions } = await trial.store.stats();
      const found = subscriptions.find(({ name }) => name === subscription);
      assert(found !== undefined, `the stats do not mention "${subscription}"`);
      return found;
    },
    async reopen(ending) {
      assert(harness.reopen !== undefined, 'the harness cannot reopen');
      opened.unshift(await harness.reopen(trial.store, ending));
    },
    async second() {
      assert(harness.second !== undefined, 'the harness cannot open a second store');
      const store = await harness.second(trial.store);
      opened.push(store);
      return store;
    },
  };
  return trial;
}
