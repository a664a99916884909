import { createHash } from 'node:crypto';
import {
  type Bus,
  type Failure,
  isSystemTopic,
  type LeasedDelivery,
  remember,
  reportError,
  systemTopics,
} from '@agentbus/core';
import type { Attempt } from './attempt.ts';
import type { PendingSettlement } from './settlement-queue.ts';

/** The payload on `system.errors.dlq`: one for each dead letter, published by the consumer that gave it up. */
export interface DeadLetterEvent {
  readonly type: 'DEAD_LETTER';
  readonly messageId: string;
  readonly topic: string;
  readonly correlationId: string;
  readonly subscription: string;
  readonly consumer: string;
  readonly reason: string;
  readonly detail: string | null;
  /** How often it was started since it was published or redriven. */
  readonly attempts: number;
  /** How often it had been redriven before. */
  readonly redrives: number;
  readonly history: readonly Failure[];
}

/** Publishes failures on the topics of the system. Messages on those topics cause no further ones, so nothing loops. */
export interface FailureReports<Payload> {
  /** How many are not stored yet. */
  readonly pending: number;
  /** A settlement is committed: reports what failed about it, if anything did. */
  settled(settlement: PendingSettlement<Payload>): void;
  /** A handler threw after it had settled by hand. */
  threw(attempt: Attempt<Payload>, error: unknown): void;
}

/** Makes the reports of one consumer. `onStored` is called whenever one is stored, or could not be. */
export function createFailureReports<Payload>(
  bus: Bus,
  subscription: string,
  consumer: string,
  onStored: () => void,
): FailureReports<Payload> {
  let pending = 0;

  /** Failing to report must fail nothing else. */
  function track(reporting: Promise<unknown>, topic: string): void {
    pending += 1;
    reporting
      .catch((error: unknown) => bus.emit({ type: 'store-error', error, doing: `reporting on ${topic}` }))
      .finally(() => {
        pending -= 1;
        onStored();
      });
  }

  function threw({ leased: { record } }: Attempt<Payload>, error: unknown): void {
    if (isSystemTopic(record.topic)) return;
    track(reportError(bus, { error, message: record, subscription, consumer }), systemTopics.error);
  }

  function died({ attempt, outcome }: PendingSettlement<Payload>): void {
    const { leased, started } = attempt;
    if (outcome.kind !== 'dead' || isSystemTopic(leased.record.topic)) return;
    const { id: messageId, topic, correlationId } = leased.record;
    const event: DeadLetterEvent = {
      type: 'DEAD_LETTER',
      messageId,
      topic,
      correlationId,
      subscription,
      consumer,
      reason: outcome.reason,
      detail: outcome.detail ?? null,
      attempts: started ? attempt.number : leased.starts,
      redrives: leased.redrives,
      history: started
        ? remember(leased.history, { attempt: attempt.number, at: bus.clock.now(), reason: outcome.reason })
        : leased.history,
    };
    const options = { id: deathId(subscription, leased), cause: leased.record };
    track(bus.publish(systemTopics.deadLetter, event, options), systemTopics.deadLetter);
  }

  return {
    get pending() {
      return pending;
    },
    settled(settlement) {
      const { outcome, attempt, ending } = settlement;
      if (outcome.kind !== 'retry' && outcome.kind !== 'dead') return;
      if (attempt.started) threw(attempt, ending?.thrown?.error ?? saidNo(outcome));
      died(settlement);
    },
    threw,
  };
}

/** The failure of a handler that settled instead of throwing. It has no stack: nothing is wrong with the code. */
function saidNo({ kind, reason }: { readonly kind: 'retry' | 'dead'; readonly reason: string }): Error {
  const error = new Error(reason);
  error.name = kind === 'retry' ? 'Nack' : 'DeadLetter';
  delete error.stack;
  return error;
}

/** The same death is reported under the same id, and a second one, after a redrive, under another. */
function deathId(subscription: string, { record, redrives }: LeasedDelivery): string {
  const death = JSON.stringify([subscription, record.id, redrives]);
  return `dead-${createHash('sha256').update(death).digest('hex').slice(0, 32)}`;
}
