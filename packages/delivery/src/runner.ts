import {
  type Bus,
  checkSchema,
  type Lease,
  type Outcome,
  type SettleResult,
  type StandardSchema,
} from '@agentbus/core';
import { refuseExhausted } from './admission.ts';
import type { Attempt, HeldLease } from './attempt.ts';
import type { ConsumerPlan } from './consume-options.ts';
import { createDeadlineQueue } from './deadline-queue.ts';
import { decide } from './decide.ts';
import type { Handler } from './delivery.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { failureReason } from './failure-text.ts';
import { HandedDelivery } from './handed-delivery.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { type Ending, endingOfThrow } from './normalize.ts';
import { perform } from './perform.ts';
import { release, type Settlement } from './settlement.ts';
import type { PendingSettlement } from './settlement-queue.ts';

/** Runs handlers. What it gets from a lease goes down one pipe: admit → start → perform → normalize → settle. */
export interface Runner<Payload> {
  /** How many places are taken. */
  readonly running: number;
  /** Whether one of them is taken by a suspect, beside which nothing else may run. */
  readonly runsSuspect: boolean;
  /** Starts what was leased. */
  take(lease: Lease): void;
  /** From now on starts nothing: what is not started goes back to the store. */
  startNoMore(): void;
  /** Takes its place away from every handler, gives its message back and tells it to stop. */
  interrupt(reason: DOMException): void;
  /** Tells the handlers under a lease that it is gone: whatever they say now comes too late. */
  lose(held: HeldLease<Payload>, reason: DOMException): void;
  /** The same for every lease. */
  loseAll(reason: DOMException): void;
  close(): void;
}

/** What a runner needs. */
export interface RunnerOptions<Payload> {
  readonly bus: Bus;
  readonly plan: ConsumerPlan;
  readonly handler: Handler<Payload>;
  readonly events: DeliveryEvents<Payload>;
  readonly leases: LeaseKeeper<Payload>;
  readonly settle: (settlement: PendingSettlement<Payload>) => void;
  /** A place became free. */
  readonly onFree: () => void;
  /** A handler threw after it had settled by hand. */
  readonly onLateThrow: (attempt: Attempt<Payload>, error: unknown) => void;
  /** The store could not record a start; the message went back. */
  readonly onStartFailed: (error: unknown) => void;
}

const released: Ending = { settlement: release() };

/** Makes a runner. */
export function createRunner<Payload>(options: RunnerOptions<Payload>): Runner<Payload> {
  const { bus, plan, handler, events, leases, settle, onFree, onLateThrow, onStartFailed } = options;
  const { store, clock } = bus;
  /** Those whose handler runs, or whose payload is being checked. */
  const places = createDeadlineQueue<Attempt<Payload>>(clock, plan.timeoutMs, timeOut);
  let suspects = 0;
  let starting = true;
  let warned = false;

  function admit(attempt: Attempt<Payload>): void {
    const { leased } = attempt;
    const refusal = starting ? refuseExhausted(leased, plan.maxAttempts) : { kind: 'release' as const };
    if (refusal !== undefined) {
      conclude(attempt, refusal);
      return;
    }
    const now = clock.monotonic();
    places.add(attempt, now);
    if (leased.suspect) suspects += 1;
    const { schema } = bus.policyFor(leased.record.topic);
    if (schema === undefined) start(attempt, now);
    else void checkThenStart(attempt, schema);
  }

  async function checkThenStart(attempt: Attempt<Payload>, schema: StandardSchema): Promise<void> {
    const { body, topic } = attempt.leased.record;
    let payload: unknown;
    try {
      payload = await checkSchema(schema, JSON.parse(body), topic);
    } catch (error) {
      const open = attempt.fate === 'open';
      leave(attempt);
      if (open) conclude(attempt, { kind: 'dead', reason: 'schema', detail: failureReason(error) });
      return;
    }
    // Meanwhile the lease was lost, or time was up, or the consumer stops.
    if (attempt.fate !== 'open') {
      leave(attempt);
      return;
    }
    // The one place where the caller's word for the type of payloads is taken, as JSON.parse takes it elsewhere.
    attempt.usePayload(payload as Payload);
    const now = clock.monotonic();
    places.add(attempt, now);
    start(attempt, now);
  }

  function start(attempt: Attempt<Payload>, now: number): void {
    try {
      store.markStarted(attempt.lease.token, attempt.leased.seq);
    } catch (error) {
      finish(attempt, released);
      onStartFailed(error);
      return;
    }
    attempt.started = true;
    attempt.startedAt = now;
    events.dispatched(attempt);
    perform(handler, new HandedDelivery(attempt, settleByHand), (ending) => finish(attempt, ending), warnOnce);
  }

  function finish(attempt: Attempt<Payload>, ending: Ending): void {
    if (!leave(attempt)) return;
    if (attempt.fate === 'open') {
      conclude(attempt, decide(ending, attempt.number, plan), ending);
    } else if (attempt.fate === 'settled' && ending.thrown !== undefined) {
      onLateThrow(attempt, ending.thrown.error);
    }
  }

  /** Frees the attempt's place. False if that was done before: then nothing that its handler says counts any more. */
  function leave(attempt: Attempt<Payload>): boolean {
    if (attempt.over) return false;
    attempt.over = true;
    places.delete(attempt);
    if (attempt.leased.suspect) suspects -= 1;
    onFree();
    return true;
  }

  function conclude(
    attempt: Attempt<Payload>,
    outcome: Outcome,
    ending?: Ending,
    resolve?: (result: SettleResult) => void,
  ): void {
    attempt.fate = 'settled';
    if (bus.observed) attempt.settledAt = clock.monotonic();
    const { lease, leased } = attempt;
    lease.open -= 1;
    if (lease.open === 0) leases.letGo(lease);
    settle({ token: lease.token, seq: leased.seq, outcome, attempt, ending, resolve });
  }

  function settleByHand(attempt: Attempt<Payload>, settlement: Settlement): Promise<SettleResult> {
    if (attempt.fate !== 'open') return Promise.resolve('stale');
    const ending = { settlement };
    return new Promise((resolve) => conclude(attempt, decide(ending, attempt.number, plan), ending, resolve));
  }

  /** Its place is given away although it may go on for ever: one hanging handler must not end the consumer's work. */
  function timeOut(attempt: Attempt<Payload>): void {
    const reason = new DOMException(`The handler ran longer than timeoutMs, ${plan.timeoutMs} ms.`, 'TimeoutError');
    finish(attempt, endingOfThrow(reason));
    attempt.abort(reason);
  }

  function loseOne(attempt: Attempt<Payload>, reason: DOMException): void {
    if (attempt.fate !== 'open') return;
    attempt.fate = 'lost';
    attempt.lease.open -= 1;
    events.leaseLost(attempt);
    attempt.abort(reason);
  }

  function warnOnce(value: unknown): void {
    if (warned) return;
    warned = true;
    process.emitWarning(
      `The handler of subscription "${plan.name}" returned a value of type ${typeof value}, which counts as an ack. ` +
        'Return nothing, or one of ack(), nack(), release(), deadLetter().',
      'AgentBusWarning',
    );
  }

  return {
    get running() {
      return places.size;
    },
    get runsSuspect() {
      return suspects > 0;
    },
    take(lease) {
      for (const attempt of leases.hold(lease).attempts) admit(attempt);
    },
    startNoMore() {
      starting = false;
      for (const attempt of places) if (!attempt.started) finish(attempt, released);
    },
    interrupt(reason) {
      for (const attempt of places) {
        finish(attempt, released);
        attempt.abort(reason);
      }
    },
    lose(held, reason) {
      leases.letGo(held);
      for (const attempt of held.attempts) loseOne(attempt, reason);
    },
    loseAll(reason) {
      for (const attempt of places) loseOne(attempt, reason);
    },
    close: places.close,
  };
}
