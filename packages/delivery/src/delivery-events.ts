import type { Bus, DeliverySubject, EventSubject, StoredMessage } from '@agentbus/core';
import type { Attempt } from './attempt.ts';
import type { PendingSettlement } from './settlement-queue.ts';

/** Tells the observers of a bus what happens to deliveries. Does nothing, and makes nothing, while nobody observes. */
export interface DeliveryEvents<Payload> {
  dispatched(attempt: Attempt<Payload>): void;
  /** The settlement is committed. */
  settled(settlement: PendingSettlement<Payload>): void;
  leaseLost(attempt: Attempt<Payload>): void;
  expired(message: StoredMessage): void;
  storeFailed(error: unknown, doing: string): void;
}

/** Makes the events of one consumer. */
export function createDeliveryEvents<Payload>(
  bus: Bus,
  subscription: string,
  consumer: string,
): DeliveryEvents<Payload> {
  const { clock } = bus;

  /** An attempt that never began is told as the last one that did. */
  function subjectOf({ leased: { record, starts }, number, started }: Attempt<Payload>): DeliverySubject {
    return { ...eventSubject(record), subscription, consumer, attempt: started ? number : Math.max(1, starts) };
  }

  return {
    dispatched(attempt) {
      if (!bus.observed) return;
      const waitedMs = Math.max(0, clock.now() - attempt.leased.record.publishedAt);
      bus.emit({ type: 'dispatch', waitedMs, ...subjectOf(attempt) });
    },
    settled({ attempt, outcome, ending }) {
      if (!bus.observed) return;
      const subject = subjectOf(attempt);
      const now = clock.monotonic();
      const endedAt = attempt.settledAt ?? now;
      const processingMs = attempt.started ? endedAt - attempt.startedAt : 0;
      switch (outcome.kind) {
        case 'ack': {
          const measured = ending?.settlement.kind === 'ack' ? ending.settlement.processingMs : undefined;
          const settlingMs = now - endedAt;
          bus.emit({ type: 'ack', processingMs: measured ?? processingMs, settlingMs, ...subject });
          break;
        }
        case 'retry':
          bus.emit({ type: 'nack', processingMs, delayMs: outcome.delayMs, reason: outcome.reason, ...subject });
          break;
        case 'release':
          bus.emit({ type: 'release', ...subject });
          break;
        case 'dead':
          bus.emit({ type: 'dead-letter', reason: outcome.reason, ...subject });
          break;
      }
    },
    leaseLost(attempt) {
      if (bus.observed) bus.emit({ type: 'lease-lost', ...subjectOf(attempt) });
    },
    expired({ record }) {
      if (bus.observed) bus.emit({ type: 'expire', subscription, ...eventSubject(record) });
    },
    storeFailed(error, doing) {
      bus.emit({ type: 'store-error', error, doing: `${doing} for subscription "${subscription}"` });
    },
  };
}

function eventSubject({ id: messageId, topic, correlationId }: StoredMessage['record']): EventSubject {
  return { messageId, topic, correlationId };
}
