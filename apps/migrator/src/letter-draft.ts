import type { Draft } from '@agentbus/core';
import type { Letter } from '@agentbus/mailbox-compat/formats';

/** The message that a letter becomes. `settledFor`: the subscriptions that owe it nothing any more. */
export function letterDraft(letter: Letter, topic: string, settledFor: readonly string[]): Draft {
  const { id, source, payload, headers, priority, publishedAt } = letter;
  return {
    id,
    topic,
    body: JSON.stringify(payload),
    headers,
    source,
    priority,
    correlationId: id,
    publishedAt,
    ...(settledFor.length > 0 ? { settledFor } : {}),
  };
}
