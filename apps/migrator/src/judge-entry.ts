import { BusError } from '@agentbus/core';
import type { EntryReading, Letter } from '@agentbus/mailbox-compat/formats';
import { broadcastRecipient, topicOf } from './mailbox.ts';

/** What an entry becomes on the bus: a letter on its topic, or bytes in quarantine. */
export type JudgedEntry =
  | { readonly kind: 'letter'; readonly letter: Letter; readonly topic: string }
  | { readonly kind: 'quarantined'; readonly reason: string };

/** Decides what an entry becomes. A letter that no topic can carry is quarantined like one that nobody can read. */
export function judgeEntry(entry: EntryReading): JudgedEntry {
  if (entry.kind === 'quarantined') return { kind: 'quarantined', reason: entry.reason };
  const { letter } = entry;
  const fault = inboxFault(letter.recipient);
  return fault === undefined
    ? { kind: 'letter', letter, topic: topicOf(letter.recipient) }
    : { kind: 'quarantined', reason: `its recipient cannot have an inbox: ${fault}` };
}

/** Whether an agent's name can be part of a topic; nearly every name can. */
export function canHaveInbox(agent: string): boolean {
  return agent !== broadcastRecipient && inboxFault(agent) === undefined;
}

function inboxFault(recipient: string): string | undefined {
  try {
    topicOf(recipient);
    return undefined;
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return error.message;
  }
}
