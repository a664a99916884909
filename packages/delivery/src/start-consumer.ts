import { randomUUID } from 'node:crypto';
import { type Bus, BusError } from '@agentbus/core';
import { createClaimLoop } from './claim-loop.ts';
import { createCondition } from './condition.ts';
import type { ConsumerPlan } from './consume-options.ts';
import type { Consumer } from './consumer.ts';
import type { Handler } from './delivery.ts';
import { createDeliveryEvents } from './delivery-events.ts';
import { createFailureReports } from './failure-reports.ts';
import { createLeaseKeeper } from './lease-keeper.ts';
import { requireDuration } from './option-rules.ts';
import { createRunner, type Runner } from './runner.ts';
import { createSettlementQueue } from './settlement-queue.ts';

const defaultDeadlineMs = 8_000;
/** After the deadline a store that hangs gets so long to take the last settlements. Later the leases run out anyway. */
const graceMs = 1_000;
/**
 * Finished work that is not stored yet may be this many times `concurrency`: a slow disk then delays acks and not starts.
 * It is bounded because all of it would be done again if the process died.
 */
const unsettledPerPlace = 4;
/** The longest interval that Node takes. */
const farFutureMs = 2 ** 31 - 1;

interface IdleWaiter {
  readonly resolve: () => void;
  readonly reject: (error: BusError) => void;
}

/**
 * Starts a consumer on a subscription that exists. States: running, draining (claims nothing more), ended.
 *
 * What handlers leave behind in one turn of the event loop is settled together, and the next claim is made in the same
 * turn, so that the store can make one transaction of both. Per microtask instead of per turn, a backlog of quick
 * handlers would let no timer run.
 */
export function startConsumer<Payload>(bus: Bus, plan: ConsumerPlan, handler: Handler<Payload>): Consumer {
  const { store, clock } = bus;
  const { name, pattern, random, leaseMs, concurrency } = plan;
  const id = `${bus.source}-${randomUUID().slice(0, 8)}`;
  const condition = createCondition();
  const idleWaiters = new Set<IdleWaiter>();
  let turnScheduled = false;
  let stopping: Promise<void> | undefined;
  let deadlinePassed = false;
  let graceOver = false;
  let ended = false;
  const cancels: (() => void)[] = [];
  let resolveClosed: (error: BusError | undefined) => void = () => {};
  const closed = new Promise<BusError | undefined>((resolve) => {
    resolveClosed = resolve;
  });

  const events = createDeliveryEvents<Payload>(bus, name, id);
  const reports = createFailureReports<Payload>(bus, name, id, progressed);
  const settlements = createSettlementQueue<Payload>({
    store,
    clock,
    random,
    leaseMs,
    onSettled(settlement, result) {
      settlement.resolve?.(result);
      if (result === 'stale') {
        events.leaseLost(settlement.attempt);
      } else {
        events.settled(settlement);
        reports.settled(settlement);
      }
    },
    onProgress: progressed,
    onError: (error) => events.storeFailed(error, 'settling'),
  });
  const leases = createLeaseKeeper<Payload>({
    store,
    clock,
    random,
    leaseMs,
    onLost: (held) => runner.lose(held, aborted('The lease was lost: another consumer may have the message.')),
    onError: (error) => events.storeFailed(error, 'renewing a lease'),
  });
  const runner: Runner<Payload> = createRunner<Payload>({
    bus,
    plan,
    handler,
    events,
    leases,
    settle(settlement) {
      settlements.push(settlement);
      scheduleTurn();
    },
    onFree: scheduleTurn,
    onLateThrow: reports.threw,
    onStartFailed(error) {
      events.storeFailed(error, 'recording a start');
      claims.rest();
    },
  });
  const claims = createClaimLoop({
    store,
    clock,
    plan,
    consumer: id,
    freePlaces: () =>
      Math.min(concurrency - runner.running, unsettledPerPlace * concurrency - runner.running - settlements.size),
    isIdle: () => runner.running === 0,
    runsSuspect: () => runner.runsSuspect,
    isQuiet,
    onLease: runner.take,
    onExpired: events.expired,
    onCaughtUp() {
      for (const { resolve } of idleWaiters) resolve();
      idleWaiters.clear();
    },
    onProgress: progressed,
    onError: (error) => events.storeFailed(error, 'claiming'),
    onGone(error) {
      events.storeFailed(error, 'claiming, which ends the consumer,');
      beginStop(defaultDeadlineMs, error);
      runner.loseAll(aborted(`The consumer has ended: ${error.message}`));
    },
  });

  function scheduleTurn(): void {
    if (turnScheduled) return;
    turnScheduled = true;
    setImmediate(() => {
      turnScheduled = false;
      turn();
    });
  }

  function turn(): void {
    settlements.flush();
    claims.claim();
    condition.changed();
  }

  function progressed(): void {
    // Whoever waits for the consumer to catch up needs a claim that begins when all is quiet.
    if (idleWaiters.size > 0 && isQuiet()) claims.wake();
    scheduleTurn();
  }

  function isQuiet(): boolean {
    return runner.running === 0 && settlements.size === 0 && reports.pending === 0;
  }

  function beginStop(deadlineMs: number, error?: BusError): Promise<void> {
    stopping ??= drain(error);
    if (deadlineMs === 0) passDeadline();
    // A second call sets a second alarm: the earlier one counts.
    else if (!ended) cancels.push(clock.after(deadlineMs, passDeadline));
    return stopping;
  }

  function passDeadline(): void {
    deadlinePassed = true;
    condition.changed();
  }

  async function drain(error: BusError | undefined): Promise<void> {
    unwatch();
    claims.stop();
    runner.startNoMore();
    for (const { reject } of idleWaiters) reject(consumerClosed());
    idleWaiters.clear();
    const atRest = (): boolean => isQuiet() && !claims.claiming;
    await condition.until(() => deadlinePassed || atRest());
    if (!atRest()) {
      runner.interrupt(aborted('The consumer stops, and the deadline to finish has passed.'));
      settlements.stopRetrying();
      cancels.push(
        clock.after(graceMs, () => {
          graceOver = true;
          condition.changed();
        }),
      );
      await condition.until(() => graceOver || atRest());
    }
    ended = true;
    for (const cancel of cancels) cancel();
    leases.close();
    runner.close();
    clearInterval(keepAlive);
    forgetBus();
    bus.emit({ type: 'unsubscribe', pattern, subscription: name, consumer: id });
    resolveClosed(error);
  }

  function consumerClosed(): BusError {
    return new BusError('closed', `The consumer ${id} of subscription "${name}" was stopped. Start another one.`);
  }

  const unwatch = store.watch(() => {
    claims.wake();
    turn();
  });
  const forgetBus = bus.beforeClose(() => beginStop(defaultDeadlineMs));
  // Clocks and stores let a process end that waits for nothing else; a consumer waits for messages.
  const keepAlive = setInterval(() => {}, farFutureMs);
  bus.emit({ type: 'subscribe', pattern, subscription: name, consumer: id });
  scheduleTurn();

  return {
    name,
    id,
    closed,
    async idle() {
      if (stopping !== undefined) throw consumerClosed();
      await new Promise<void>((resolve, reject) => {
        idleWaiters.add({ resolve, reject });
        progressed();
      });
    },
    async stop({ deadlineMs = defaultDeadlineMs } = {}) {
      await beginStop(requireDuration('deadlineMs', deadlineMs, 0));
    },
    [Symbol.asyncDispose]: () => beginStop(defaultDeadlineMs),
  };
}

function aborted(why: string): DOMException {
  return new DOMException(why, 'AbortError');
}
