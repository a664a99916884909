import { applicable, type ConformanceCase, conformanceCases, runModel, type StoreHarness } from '@agentbus/conformance';
import { type Claim, createMemoryStore, type Draft, type Store, type SubscriptionStats } from '@agentbus/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryHarness } from './memory-harness.ts';

// Promises are only worth something if breaking them is noticed. Each of these is the memory store with one fault; the
// cases must find every one, and the model those that show in deliveries.

// Cases wait long for a ring before they give up. Here many wait in vain: for them time flies.
let flight: NodeJS.Timeout;
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  flight = setInterval(() => vi.advanceTimersByTime(60_000), 200);
});
afterAll(() => {
  clearInterval(flight);
  vi.useRealTimers();
});

interface Sabotage {
  readonly fault: string;
  readonly spoil: (store: Store) => Partial<Store>;
  /** Left out where the model looks away: it compares neither rings nor what lies outside deliveries. */
  readonly beyondModel?: true;
}

const alterClaim =
  (store: Store, alter: (claim: Claim) => Claim): Store['claim'] =>
  async (request) =>
    alter(await store.claim(request));

const alterStats = (store: Store, alter: (stats: SubscriptionStats) => SubscriptionStats): Partial<Store> => ({
  stats: async () => {
    const stats = await store.stats();
    return { ...stats, subscriptions: stats.subscriptions.map(alter) };
  },
});

const sabotages: readonly Sabotage[] = [
  {
    fault: 'keeps the first part of a batch that is refused',
    spoil: (store) => ({
      append: async (drafts) => {
        const results = [];
        for (const draft of drafts) results.push(...(await store.append([draft])));
        return results;
      },
    }),
  },
  {
    fault: 'takes a conflict for a duplicate',
    spoil: (store) => ({
      append: (drafts) =>
        store.append(drafts).catch((error) => {
          if (error.code !== 'id_conflict') throw error;
          return drafts.map(() => ({ duplicate: true }));
        }),
    }),
  },
  {
    fault: 'forgets the key of a message',
    beyondModel: true,
    spoil: (store) => ({ append: (drafts) => store.append(drafts.map(({ key: _, ...draft }): Draft => draft)) }),
  },
  {
    fault: 'delivers delayed messages at once',
    spoil: (store) => ({
      append: (drafts) => store.append(drafts.map(({ deliverAt: _, ...draft }): Draft => draft)),
    }),
  },
  {
    fault: 'owes history',
    spoil: (store) => ({
      append: (drafts) => store.append(drafts.map(({ settledFor: _, ...draft }): Draft => draft)),
    }),
  },
  {
    fault: 'delivers messages that have expired',
    spoil: (store) => ({
      append: (drafts) => store.append(drafts.map(({ expiresAt: _, ...draft }): Draft => draft)),
    }),
  },
  {
    fault: 'does not tell what has expired',
    spoil: (store) => ({ claim: alterClaim(store, (claim) => ({ ...claim, expired: [] })) }),
  },
  {
    fault: 'ends leases a millisecond late',
    spoil: (store) => ({ claim: (request) => store.claim({ ...request, leaseMs: request.leaseMs + 1 }) }),
  },
  {
    fault: 'ends leases a millisecond early',
    spoil: (store) => ({ claim: (request) => store.claim({ ...request, leaseMs: request.leaseMs - 1 }) }),
  },
  {
    fault: 'leases one message less than it could',
    spoil: (store) => ({ claim: (request) => store.claim({ ...request, limit: Math.max(1, request.limit - 1) }) }),
  },
  {
    fault: 'gives suspects to busy consumers',
    spoil: (store) => ({ claim: (request) => store.claim({ ...request, idle: true }) }),
  },
  {
    fault: 'hands out messages in the wrong order',
    spoil: (store) => ({
      claim: alterClaim(store, ({ lease, ...claim }) => ({
        ...claim,
        lease: lease === undefined ? undefined : { ...lease, deliveries: lease.deliveries.toReversed() },
      })),
    }),
  },
  {
    fault: 'wakes a consumer too late',
    spoil: (store) => ({
      claim: alterClaim(store, ({ nextDueInMs, ...claim }) => ({
        ...claim,
        nextDueInMs: nextDueInMs === undefined ? undefined : nextDueInMs + 1,
      })),
    }),
  },
  {
    fault: 'claims to have settled what was stale',
    spoil: (store) => ({ settle: async (settlements) => (await store.settle(settlements)).map(() => 'ok') }),
  },
  {
    fault: 'settles the first of several only',
    spoil: (store) => ({
      settle: async (settlements) => {
        const [first] = await store.settle(settlements.slice(0, 1));
        return settlements.map(() => first ?? 'ok');
      },
    }),
  },
  {
    fault: 'acks what is to be retried',
    spoil: (store) => ({
      settle: (settlements) =>
        store.settle(
          settlements.map(({ outcome, ...rest }) => ({
            ...rest,
            outcome: outcome.kind === 'retry' ? { kind: 'ack' } : outcome,
          })),
        ),
    }),
  },
  {
    fault: 'retries too early',
    spoil: (store) => ({
      settle: (settlements) =>
        store.settle(
          settlements.map(({ outcome, ...rest }) => ({
            ...rest,
            outcome: outcome.kind === 'retry' ? { ...outcome, delayMs: outcome.delayMs - 1 } : outcome,
          })),
        ),
    }),
  },
  {
    fault: 'loses the detail of a dead letter',
    spoil: (store) => ({
      deadLetters: async (name, query) =>
        (await store.deadLetters(name, query)).map(({ detail: _, ...letter }) => letter),
    }),
  },
  {
    fault: 'renews leases that are lost',
    spoil: (store) => ({ renew: (token, leaseMs) => store.renew(token, leaseMs).then(() => 'ok') }),
  },
  { fault: 'does not renew', spoil: () => ({ renew: async () => 'ok' }) },
  { fault: 'charges no starts', spoil: () => ({ markStarted: () => {} }) },
  {
    fault: 'charges every message of a lease that ran out',
    spoil: (store) => ({
      claim: alterClaim(store, (claim) => {
        for (const { seq } of claim.lease?.deliveries ?? []) store.markStarted(claim.lease?.token ?? '', seq);
        return claim;
      }),
    }),
  },
  {
    fault: 'redrives everything, whatever is selected',
    spoil: (store) => ({ resolveDead: (name, action) => store.resolveDead(name, action, {}) }),
  },
  {
    fault: 'redrives what is to be discarded',
    spoil: (store) => ({ resolveDead: (name, _, selection) => store.resolveDead(name, 'redrive', selection) }),
  },
  {
    fault: 'begins every subscription with everything',
    spoil: (store) => ({ openSubscription: (spec) => store.openSubscription({ ...spec, from: 'all' }) }),
  },
  {
    fault: 'takes over another configuration unasked',
    spoil: (store) => ({ openSubscription: (spec) => store.openSubscription({ ...spec, update: true }) }),
  },
  { fault: 'keeps subscriptions that were removed', spoil: () => ({ removeSubscription: async () => true }) },
  {
    fault: 'counts messages in flight as ready',
    spoil: (store) => alterStats(store, (stats) => ({ ...stats, ready: stats.ready + stats.leased, leased: 0 })),
  },
  {
    fault: 'forgets to count what has expired',
    spoil: (store) => alterStats(store, (stats) => ({ ...stats, expired: 0 })),
  },
  {
    fault: 'reads the whole log whatever is asked',
    beyondModel: true,
    spoil: (store) => ({ read: ({ limit }) => store.read({ limit }) }),
  },
  { fault: 'never rings', beyondModel: true, spoil: () => ({ watch: () => () => {} }) },
  { fault: 'does not close', beyondModel: true, spoil: () => ({ close: async () => {} }) },
];

function sabotaged({ spoil }: Sabotage): StoreHarness {
  return {
    ...memoryHarness,
    async open({ clock }) {
      const store = createMemoryStore({ clock });
      return { ...store, ...spoil(store) };
    },
  };
}

/** Whether a case fails. */
async function notices({ run }: ConformanceCase, harness: StoreHarness): Promise<boolean> {
  try {
    await run(harness);
    return false;
  } catch {
    return true;
  }
}

describe('the cases notice a store that', () => {
  for (const sabotage of sabotages) {
    it(sabotage.fault, async () => {
      const harness = sabotaged(sabotage);
      for (const one of applicable(conformanceCases, harness).run) if (await notices(one, harness)) return;
      expect.fail('every case has passed');
    });
  }
});

describe('the model notices a store that', () => {
  for (const sabotage of sabotages.filter(({ beyondModel }) => beyondModel !== true)) {
    it(sabotage.fault, async () => {
      await expect(runModel(sabotaged(sabotage), { runs: 150, seed: 1 })).rejects.toThrow('Property failed');
    });
  }
});

it('lets every case that can be run fail, given a store that says nothing', async () => {
  const mute: StoreHarness = {
    ...memoryHarness,
    open: async ({ clock }) => ({
      ...createMemoryStore({ clock }),
      url: '',
      append: async (drafts) => drafts.map(() => ({ duplicate: false })),
      openSubscription: async () => ({}),
      removeSubscription: async () => false,
      claim: async () => ({ lease: undefined, nextDueInMs: undefined, suspectWaiting: false, expired: [] }),
      settle: async () => [],
      renew: async () => 'stale',
      head: async () => -1,
      read: async () => [],
      deadLetters: async () => [],
      resolveDead: async () => [],
      stats: async () => ({ topics: [], subscriptions: [] }),
      watch: () => () => {},
      close: async () => {},
    }),
  };
  const { run } = applicable(conformanceCases, mute);
  const verdicts = await Promise.all(run.map(async (one) => ((await notices(one, mute)) ? [] : [one.name])));
  expect(verdicts.flat()).toEqual([]);
});
