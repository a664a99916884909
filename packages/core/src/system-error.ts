import type { Bus } from './bus.ts';
import type { Message } from './message.ts';
import { isSystemTopic, systemTopics } from './system-topics.ts';

/** The payload on `system.error`. */
export interface SystemError {
  readonly type: 'SYSTEM_ERROR';
  readonly messageId: string;
  readonly topic: string;
  readonly correlationId: string;
  readonly subscription: string | null;
  readonly consumer: string | null;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string | null };
}

/** What is known about a failure. */
export interface ErrorReport {
  readonly error: unknown;
  readonly message: Pick<Message, 'id' | 'topic' | 'correlationId'>;
  readonly subscription?: string;
  readonly consumer?: string;
}

/**
 * Publishes a failure on `system.error`, caused by the message that failed. Does nothing for messages on `system.>`.
 * Never rejects: if the report cannot be stored, that is told as a `store-error` event.
 */
export async function reportError(bus: Bus, report: ErrorReport): Promise<void> {
  const { error, message, subscription = null, consumer = null } = report;
  if (isSystemTopic(message.topic)) return;
  try {
    const payload: SystemError = {
      type: 'SYSTEM_ERROR',
      messageId: message.id,
      topic: message.topic,
      correlationId: message.correlationId,
      subscription,
      consumer,
      error: describe(error),
    };
    await bus.publish(systemTopics.error, payload, { cause: message });
  } catch (failure) {
    bus.emit({ type: 'store-error', error: failure, doing: `reporting an error on ${systemTopics.error}` });
  }
}

function describe(error: unknown): SystemError['error'] {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack ?? null };
  return { name: typeof error, message: String(error), stack: null };
}
