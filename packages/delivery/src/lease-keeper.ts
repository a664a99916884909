import type { Clock, Lease, Store } from '@agentbus/core';
import { Attempt, type HeldLease } from './attempt.ts';
import { createDeadlineQueue } from './deadline-queue.ts';
import { storeRetryDelay } from './store-retry.ts';

/** Keeps the leases of a consumer from running out while there is work under them. */
export interface LeaseKeeper<Payload> {
  /** Takes charge of a lease that was just claimed. */
  hold(lease: Lease): HeldLease<Payload>;
  /** Nothing is open under it any more. */
  letGo(held: HeldLease<Payload>): void;
  close(): void;
}

/** What a lease keeper needs. */
export interface LeaseKeeperOptions<Payload> {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly leaseMs: number;
  /** The lease ran out, or somebody else took it away. Called once for a lease. */
  readonly onLost: (held: HeldLease<Payload>) => void;
  readonly onError: (error: unknown) => void;
}

/** A lease is renewed when a third of it is over: two renewals may fail or come late before it is lost. */
const renewalsPerLease = 3;

/** Makes a lease keeper. Renewals of one moment go to the store together, which makes one transaction of them. */
export function createLeaseKeeper<Payload>(options: LeaseKeeperOptions<Payload>): LeaseKeeper<Payload> {
  const { store, clock, random, leaseMs, onLost, onError } = options;
  const due = createDeadlineQueue<HeldLease<Payload>>(clock, leaseMs / renewalsPerLease, (held) => renew(held, 1));
  let closed = false;

  function renew(held: HeldLease<Payload>, tries: number): void {
    store.renew(held.token, leaseMs).then(
      (result) => {
        if (closed || held.open === 0) return;
        if (result === 'stale') onLost(held);
        else keep(held);
      },
      (error: unknown) => {
        onError(error);
        if (closed || held.open === 0) return;
        const leftMs = held.until - clock.monotonic();
        if (leftMs <= 0) onLost(held);
        else clock.after(Math.min(leftMs, storeRetryDelay(tries, random)), () => retry(held, tries + 1));
      },
    );
  }

  function retry(held: HeldLease<Payload>, tries: number): void {
    if (!closed && held.open > 0) renew(held, tries);
  }

  /** Counted from the store's answer: what matters is not to give a lease up that the store still honours. */
  function keep(held: HeldLease<Payload>): void {
    const now = clock.monotonic();
    held.until = now + leaseMs;
    due.add(held, now);
  }

  return {
    hold({ token, deliveries }) {
      const held: HeldLease<Payload> = { token, until: 0, open: deliveries.length, attempts: [] };
      for (const leased of deliveries) held.attempts.push(new Attempt(leased, held));
      keep(held);
      return held;
    },
    letGo: due.delete,
    close() {
      closed = true;
      due.close();
    },
  };
}
