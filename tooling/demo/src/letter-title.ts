import type { Message } from '@agentbus/core';
import { harmless } from './screen.ts';

/** How a letter is called in the output: by its subject, never by its body. */
export function letterTitle({ payload, id }: Message): string {
  const subject =
    typeof payload === 'object' && payload !== null && 'subject' in payload && typeof payload.subject === 'string'
      ? harmless(payload.subject, 36)
      : '';
  return subject === '' ? `letter ${id.slice(0, 8)}` : `"${subject}"`;
}
