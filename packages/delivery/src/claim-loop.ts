import { BusError, type Claim, type Clock, type Lease, type Store, type StoredMessage } from '@agentbus/core';
import type { ConsumerPlan } from './consume-options.ts';
import { storeRetryDelay } from './store-retry.ts';

/** Asks the store for work when there may be some and there is a place for it. */
export interface ClaimLoop {
  /** Whether a claim is with the store. */
  readonly claiming: boolean;
  /** There may be something to claim: the next `claim()` looks. */
  wake(): void;
  /** Claims, if there may be something and a place for it. */
  claim(): void;
  /** Leaves the store alone for a while after something went wrong with it. */
  rest(): void;
  stop(): void;
}

/** What a claim loop needs. */
export interface ClaimLoopOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly plan: ConsumerPlan;
  readonly consumer: string;
  /** How many more messages can be taken now. */
  readonly freePlaces: () => number;
  /** Whether nothing runs. */
  readonly isIdle: () => boolean;
  /** Whether a suspect runs, beside which nothing may be claimed. */
  readonly runsSuspect: () => boolean;
  /** Whether nothing runs and nothing is on its way to the store. */
  readonly isQuiet: () => boolean;
  readonly onLease: (lease: Lease) => void;
  readonly onExpired: (message: StoredMessage) => void;
  /** A claim that began when all was quiet found nothing due. */
  readonly onCaughtUp: () => void;
  /** The store answered or failed; look again. */
  readonly onProgress: () => void;
  readonly onError: (error: unknown) => void;
  /** There is nothing to claim from any more. */
  readonly onGone: (error: BusError) => void;
}

/**
 * States: hungry (there may be something), claiming, asleep (a claim found nothing: until the store rings or the next
 * message is due), resting (the store failed), stopped. It never polls: an empty claim says exactly when the next one can
 * find something.
 */
export function createClaimLoop(options: ClaimLoopOptions): ClaimLoop {
  const { store, clock, plan, freePlaces, isIdle, isQuiet, onProgress } = options;
  let hungry = true;
  let claiming = false;
  let resting = false;
  let stopped = false;
  let suspectWaiting = false;
  let failures = 0;
  let cancelAlarm = (): void => {};

  function claim(): void {
    if (stopped || claiming || resting || !hungry) return;
    const idle = isIdle();
    // A suspect is leased only to a consumer that runs nothing else: finish first, then ask for it.
    if (!idle && (suspectWaiting || options.runsSuspect())) return;
    const limit = freePlaces();
    if (limit <= 0) return;
    hungry = false;
    claiming = true;
    cancelAlarm();
    const quiet = isQuiet();
    store.claim({ subscription: plan.name, consumer: options.consumer, limit, leaseMs: plan.leaseMs, idle }).then(
      (found) => {
        claiming = false;
        take(found, idle, quiet);
        onProgress();
      },
      (error: unknown) => {
        claiming = false;
        fail(error);
        onProgress();
      },
    );
  }

  function take({ lease, nextDueInMs, expired, ...claimed }: Claim, idle: boolean, quiet: boolean): void {
    const failuresBefore = failures;
    suspectWaiting = claimed.suspectWaiting && !idle;
    for (const message of expired) options.onExpired(message);
    if (lease !== undefined) {
      // There may be more, and only an empty claim tells when to come again.
      hungry = true;
      options.onLease(lease);
    } else if (suspectWaiting) {
      hungry = true;
    } else {
      if (nextDueInMs !== undefined) setAlarm(nextDueInMs);
      if (quiet && !hungry && nextDueInMs !== 0) options.onCaughtUp();
    }
    // Unless what was leased could not be started either.
    if (failures === failuresBefore) failures = 0;
  }

  function setAlarm(delayMs: number): void {
    if (stopped) return;
    cancelAlarm = clock.after(Math.ceil(delayMs), () => {
      hungry = true;
      claim();
    });
  }

  function fail(error: unknown): void {
    hungry = true;
    if (stopped) return;
    if (error instanceof BusError && (error.code === 'unknown_subscription' || error.code === 'closed')) {
      options.onGone(error);
      return;
    }
    options.onError(error);
    rest();
  }

  function rest(): void {
    if (resting) return;
    failures += 1;
    resting = true;
    clock.after(storeRetryDelay(failures, plan.random), () => {
      resting = false;
      claim();
    });
  }

  return {
    get claiming() {
      return claiming;
    },
    wake() {
      hungry = true;
    },
    claim,
    rest,
    stop() {
      stopped = true;
      cancelAlarm();
    },
  };
}
