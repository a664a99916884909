import type { JsonValue } from '@agentbus/core';
import { everybody, looksLikeSameAgent, meansEverybody, usableName } from './agent-name.ts';
import type { ReadableEntry } from './entry.ts';
import { fieldsFor } from './letter-fields.ts';
import type { MailboxPlace } from './mailbox-place.ts';

/**
 * Whose letter it is.
 *
 * A letter in the received part of an agent's mailbox is that agent's, whatever it names: that is where the agent reads
 * it, copies of one letter lie in many inboxes, and names in fields are often nobody's. In a broadcast place it is for
 * everybody. Elsewhere, as in an outbox, its field decides, then the directory, then it is for everybody. A letter that
 * names several agents there is a letter to each.
 */
export function recipientsOf({ hints, fields }: ReadableEntry, place: MailboxPlace): string[] {
  const area = hints.area ?? place.area;
  const owner = hints.owner ?? place.owner;
  if (area === 'broadcast') return [everybody];
  if (area === 'mailbox' && owner !== undefined) return [owner];

  const named = namedIn(fieldsFor('recipient', fields));
  if (named.length === 0 && hints.recipient !== undefined) named.push(hints.recipient);
  if (named.length === 0) named.push(...namedIn(fieldsFor('assignee', fields)).slice(0, 1));
  if (named.length === 0) return [owner ?? everybody];
  if (named.some(meansEverybody)) return [everybody];
  const isOwner = (name: string): boolean => area === 'loose' && owner !== undefined && looksLikeSameAgent(name, owner);
  return [...new Set(named.map((name) => (isOwner(name) && owner !== undefined ? owner : name)))];
}

/** The names in the first field that holds any. */
function namedIn(found: readonly { readonly value: JsonValue }[]): string[] {
  for (const { value } of found) {
    const names = (Array.isArray(value) ? value : [value])
      .filter((name) => typeof name === 'string' || typeof name === 'number')
      .map((name) => usableName(String(name)))
      .filter((name) => name !== undefined);
    if (names.length > 0) return names;
  }
  return [];
}
