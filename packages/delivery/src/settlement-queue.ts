import {
  BusError,
  type Clock,
  type SettleResult,
  type Store,
  type Settlement as StoreSettlement,
} from '@agentbus/core';
import type { Attempt } from './attempt.ts';
import type { Ending } from './normalize.ts';
import { storeRetryDelay } from './store-retry.ts';

/** A settlement on its way to the store, and what is to be told about it once it is there. */
export interface PendingSettlement<Payload> extends StoreSettlement {
  readonly attempt: Attempt<Payload>;
  /** How the handler ended; undefined when it never ran. */
  readonly ending: Ending | undefined;
  /** Whoever settled by hand waits for this. */
  readonly resolve: ((result: SettleResult) => void) | undefined;
}

/** Settlements that wait for the store. */
export interface SettlementQueue<Payload> {
  /** How many are not committed yet. */
  readonly size: number;
  push(settlement: PendingSettlement<Payload>): void;
  /** Hands the store everything that waits, unless it still works on the last group. */
  flush(): void;
  /** From now on each settlement is tried once and then given up. */
  stopRetrying(): void;
}

/** What a settlement queue needs. */
export interface SettlementQueueOptions<Payload> {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly leaseMs: number;
  readonly onSettled: (settlement: PendingSettlement<Payload>, result: SettleResult) => void;
  /** Called after each answer of the store, when all of its settlements were told. */
  readonly onProgress: () => void;
  readonly onError: (error: unknown) => void;
}

/** A settlement that comes while the store rests must not wait until its lease has run out. */
const triesPerLease = 4;

/**
 * States: idle, settling (one group is with the store; what comes meanwhile goes with the next), resting (the store
 * failed; tried again after a while). One group at a time keeps acks large while the disk is slow: a commit for each ack
 * costs a quarter of the throughput of one for a hundred.
 */
export function createSettlementQueue<Payload>(options: SettlementQueueOptions<Payload>): SettlementQueue<Payload> {
  const { store, clock, random, leaseMs, onSettled, onProgress, onError } = options;
  let waiting: PendingSettlement<Payload>[] = [];
  let settling = 0;
  let resting = false;
  let failures = 0;
  let lastTry = false;

  function flush(): void {
    if (settling > 0 || resting || waiting.length === 0) return;
    const group = waiting;
    waiting = [];
    settling = group.length;
    store.settle(group).then(
      (results) => {
        failures = 0;
        settling = 0;
        for (const [index, settlement] of group.entries()) onSettled(settlement, results[index] ?? 'stale');
        onProgress();
      },
      (error: unknown) => {
        settling = 0;
        onError(error);
        retryOrLose(group, error);
        onProgress();
      },
    );
  }

  /** Once its lease has run out, nobody knows whether a settlement still means anything. */
  function retryOrLose(group: readonly PendingSettlement<Payload>[], error: unknown): void {
    const gone = lastTry || (error instanceof BusError && error.code === 'closed');
    const now = clock.monotonic();
    const kept: PendingSettlement<Payload>[] = [];
    for (const settlement of group) {
      if (!gone && settlement.attempt.lease.until > now) kept.push(settlement);
      else onSettled(settlement, 'stale');
    }
    waiting = [...kept, ...waiting];
    failures += 1;
    resting = true;
    clock.after(Math.min(storeRetryDelay(failures, random), leaseMs / triesPerLease), () => {
      resting = false;
      flush();
    });
  }

  return {
    get size() {
      return waiting.length + settling;
    },
    push(settlement) {
      waiting.push(settlement);
    },
    flush,
    stopRetrying() {
      lastTry = true;
      resting = false;
      flush();
    },
  };
}
