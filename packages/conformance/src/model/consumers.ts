import assert from 'node:assert/strict';
import type { Claim, ClaimRequest, Lease, Outcome, SettleResult } from '@agentbus/core';
import { idsOf } from '../trial.ts';
import type { Ledger } from './ledger.ts';
import type { Instant } from './ledger-subscription.ts';
import { type Lockstep, withoutSeq } from './lockstep.ts';
import type { Settling } from './operation.ts';

/** What the consumers of a run do with what they claimed. */
export interface Consumers {
  /** Claims, and returns what the store on trial found. */
  claim(request: Omit<ClaimRequest, 'consumer'>): Promise<Claim>;
  start(lease: number, delivery: number): void;
  settle(settlements: readonly Settling[]): Promise<void>;
  renew(lease: number, leaseMs: number): Promise<void>;
  /** Acks everything that the newest lease holds. */
  ackNewest(): Promise<void>;
  /** They die. Their tokens still count, but nobody is there who could start anything. */
  crash(): void;
}

/** One lease as both stores gave it. */
interface KnownLease {
  readonly subscription: string;
  readonly sides: readonly [Lease, Lease];
  readonly ids: readonly string[];
  /** What is not settled yet, as places in the lease. */
  readonly open: Set<number>;
  orphaned: boolean;
}

/** A place in one of the leases. */
interface Place {
  readonly lease: KnownLease;
  readonly at: number;
}

/** Makes consumers who hold nothing. */
export function createConsumers(lockstep: Lockstep, ledger: Ledger, now: () => Instant): Consumers {
  const leases: KnownLease[] = [];
  /** The newest lease has number 0. */
  const newest = (number: number): KnownLease | undefined => leases[leases.length - 1 - (number % leases.length)];

  /** Mostly a delivery that is still open; the number 7 may name one that was settled before. */
  function find(number: number, delivery: number): Place | undefined {
    const lease = newest(number);
    if (lease === undefined) return undefined;
    const open = delivery === 7 ? [] : [...lease.open];
    return { lease, at: open[delivery % open.length] ?? delivery % lease.ids.length };
  }

  async function settleAt(settlements: readonly (Place & { readonly outcome: Outcome })[]): Promise<void> {
    const said = await lockstep.ask((store, side) =>
      store.settle(
        settlements.map(({ lease, at, outcome }) => {
          const { token, deliveries } = lease.sides[side];
          return { token, seq: deliveries[at]?.seq ?? 0, outcome };
        }),
      ),
    );
    const expected = settlements.map(({ lease, at, outcome }): SettleResult => {
      const subscription = ledger.subscriptions.get(lease.subscription);
      return subscription?.settle(lease.sides[0].token, lease.ids[at] ?? '', outcome, now()) ?? 'stale';
    });
    assert.deepEqual(said, { result: expected }, 'which settlements took effect');
  }

  return {
    async claim(request) {
      const found: Lease[] = [];
      const said = await lockstep.ask(
        async (store, side) => {
          const claim = await store.claim({ ...request, consumer: 'consumer' });
          if (claim.lease !== undefined) found[side] = claim.lease;
          return claim;
        },
        ({ lease, expired, ...rest }) => ({
          ...rest,
          deliveries: lease === undefined ? undefined : withoutSeq(lease.deliveries),
          // In which order they were found says nothing.
          expired: withoutSeq(expired).sort((a, b) => (a.record.id < b.record.id ? -1 : 1)),
        }),
      );
      assert('result' in said, 'a claim for an open subscription is answered');
      const { subscription } = request;
      ledger.subscriptions.get(subscription)?.claimed(request, said.result, now(), ledger.nextDelayedAt());
      const [system, reference] = found;
      if (system !== undefined && reference !== undefined) {
        const ids = idsOf(system.deliveries);
        leases.push({ subscription, sides: [system, reference], ids, open: new Set(ids.keys()), orphaned: false });
      }
      return said.result;
    },
    start(number, delivery) {
      const place = find(number, delivery);
      if (place === undefined || place.lease.orphaned) return;
      const { sides, ids, subscription } = place.lease;
      lockstep.each((store, side) => store.markStarted(sides[side].token, sides[side].deliveries[place.at]?.seq ?? 0));
      ledger.subscriptions.get(subscription)?.started(sides[0].token, ids[place.at] ?? '');
    },
    async settle(settlements) {
      const places: (Place & { readonly outcome: Outcome })[] = [];
      for (const { lease, delivery, outcome } of settlements) {
        const place = find(lease, delivery);
        if (place === undefined) return;
        place.lease.open.delete(place.at);
        places.push({ ...place, outcome });
      }
      await settleAt(places);
    },
    async renew(number, leaseMs) {
      const lease = newest(number);
      const said = await lockstep.ask((store, side) => store.renew(lease?.sides[side].token ?? '', leaseMs));
      const subscription = ledger.subscriptions.get(lease?.subscription ?? '');
      const expected = subscription?.renew(lease?.sides[0].token ?? '', leaseMs, now()) ?? 'stale';
      assert.deepEqual(said, { result: expected }, 'whether the lease was renewed');
    },
    async ackNewest() {
      const lease = newest(0);
      if (lease !== undefined) await settleAt([...lease.open].map((at) => ({ lease, at, outcome: { kind: 'ack' } })));
    },
    crash() {
      for (const lease of leases) lease.orphaned = true;
    },
  };
}
