import type { JsonValue } from '@agentbus/core';
import type { ReadableEntry } from './entry.ts';
import type { LetterPayload } from './format.ts';
import { fieldsFor } from './letter-fields.ts';

/** A payload, and the fields that its body, subject and type were where they were not called so, as JSON. */
export interface PlacedPayload {
  readonly payload: LetterPayload;
  readonly renamed: string | undefined;
}

/**
 * The body, subject and type take their places; every other field stays as it was, under its own name. Each value
 * is there once. `keepsakes` is what was found beside the letter; it goes to `extra` under names that begin `mailbox-`.
 */
export function payloadOf(entry: ReadableEntry, keepsakes: ReadonlyMap<string, JsonValue>): PlacedPayload {
  const { fields, bodyKey, hints, notes } = entry;
  const subject = fieldsFor('subject', fields).find(({ value }) => typeof value === 'string' && value !== '');
  const type = fieldsFor('type', fields).find(({ value }) => typeof value === 'string' && value !== '');
  const bodies = fieldsFor('body', fields).filter(({ value }) => value !== null);
  const body =
    bodyKey === undefined
      ? (bodies.find(({ value }) => value !== '') ?? bodies[0])
      : { key: bodyKey, value: fields.get(bodyKey) ?? '' };
  const taken = new Set([subject?.key, type?.key, body?.key]);
  const whole = body === undefined;
  const others = [...fields].filter(([key]) => !taken.has(key));
  const extra = new Map<string, JsonValue>(whole ? [] : others);

  const keep = (name: string, value: JsonValue): void => {
    let free = name;
    while (extra.has(free)) free += '_';
    extra.set(free, value);
  };
  if (hints.envelope !== undefined && hints.envelope.size > 0)
    keep('mailbox-envelope', Object.fromEntries(hints.envelope));
  for (const [name, value] of keepsakes) keep(name, value);
  if (notes !== undefined && Object.keys(notes.exactNumbers).length > 0)
    keep('mailbox-exact-numbers', notes.exactNumbers);
  if (notes !== undefined && Object.keys(notes.duplicateKeys).length > 0) {
    keep('mailbox-duplicate-keys', notes.duplicateKeys);
  }
  const payload = {
    ...(typeof subject?.value === 'string' ? { subject: subject.value } : {}),
    ...(typeof type?.value === 'string' ? { type: type.value } : {}),
    // What a letter without a body, such as a bare task, has to say is in its other fields.
    body: whole ? Object.fromEntries(others) : body.value,
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
  const keys = { subject: subject?.key, message_type: type?.key, body: whole ? '*' : body.key };
  const renamed = Object.entries(keys).filter(([usual, key]) => key !== undefined && key !== usual);
  return { payload, renamed: renamed.length === 0 ? undefined : JSON.stringify(Object.fromEntries(renamed)) };
}
