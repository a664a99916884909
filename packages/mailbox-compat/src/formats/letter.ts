import { createHash } from 'node:crypto';
import type { JsonValue } from '@agentbus/core';
import type { ReadableEntry } from './entry.ts';
import type { Letter, LetterState, ReadOptions, SourceFile } from './format.ts';
import { fieldsFor, textField } from './letter-fields.ts';
import { letterId } from './letter-id.ts';
import { payloadOf } from './letter-payload.ts';
import { priorityOf } from './letter-priority.ts';
import { recipientsOf } from './letter-recipient.ts';
import { isStateField, stateInFields } from './letter-state.ts';
import { parseTime, timeInName } from './letter-time.ts';
import type { MailboxPlace } from './mailbox-place.ts';

/** What all letters of one file share. */
export interface LetterContext {
  readonly file: SourceFile;
  readonly options: ReadOptions;
  readonly place: MailboxPlace;
  readonly format: string;
  /** What had to be repaired in the file; empty when nothing had to. */
  readonly recovered: readonly string[];
  /** What is kept with a letter beside its own fields: comments, prose around it, raw bytes. */
  readonly keepsakesOf: (entry: ReadableEntry) => ReadonlyMap<string, JsonValue>;
  /** How many letters of a list have an id already; makes ordinals for equal entries. */
  readonly seen: Map<string, number>;
}

/** Makes the letters of one entry: one for each recipient that it names, nearly always one. */
export function composeLetters(entry: ReadableEntry, context: LetterContext, firstIndex: number): Letter[] {
  const { fields } = entry;
  const sender = senderOf(entry, context);
  const { payload, renamed } = payloadOf(entry, context.keepsakesOf(entry));
  const alias = (name: string): string => context.options.aliases?.get(name) ?? name;
  const { publishedAt, clock } = timeOf(entry, context);
  const nativeId = textField('id', fields)?.text ?? entry.hints.nativeId;
  const priority = textField('priority', fields)?.text;
  const state = stateOf(entry, context);
  const sha256 = createHash('sha256').update(context.file.bytes.subarray(entry.start, entry.end)).digest('hex');

  const recipients = new Set(recipientsOf(entry, context.place).map(alias));

  return [...recipients].map((recipient, offset) => {
    const identity = { recipient, nativeId, apart: entry.hints.apart, content: identityContent(entry) };
    const first = letterId({ ...identity, ordinal: 0 });
    const place = `${entry.hints.list ?? ''}:${first}`;
    const ordinal = context.seen.get(place) ?? 0;
    context.seen.set(place, ordinal + 1);
    return {
      id: ordinal === 0 ? first : letterId({ ...identity, ordinal }),
      recipient,
      source: sender === undefined ? 'unknown' : alias(sender),
      payload,
      headers: {
        'mailbox-format': context.format,
        'mailbox-path': context.file.path,
        'mailbox-index': String(firstIndex + offset),
        'mailbox-sha256': sha256,
        'mailbox-clock': clock,
        ...(nativeId === undefined ? {} : { 'mailbox-id': nativeId }),
        ...(priority === undefined ? {} : { 'mailbox-priority': priority }),
        ...(renamed === undefined ? {} : { 'mailbox-fields': renamed }),
        ...(context.recovered.length === 0 ? {} : { 'mailbox-recovered': context.recovered.join(', ') }),
      },
      priority: priority === undefined ? 'normal' : priorityOf(priority),
      publishedAt,
      state,
    };
  });
}

/** The sender that is named, else the agent in whose outbox the letter lies. */
function senderOf({ fields, hints }: ReadableEntry, { place }: LetterContext): string | undefined {
  const named = textField('sender', fields)?.text.trim() ?? hints.sender;
  return named ?? ((hints.area ?? place.area) === 'outbox' ? (hints.owner ?? place.owner) : undefined);
}

/**
 * The place decides, then the container, then the letter's own fields. What failed waits like anything that was not dealt
 * with. A letter in an outbox waits too: neither where its sender filed it nor what the sender noted in it says what became
 * of it at its recipient's.
 */
function stateOf({ fields, hints }: ReadableEntry, { place }: LetterContext): LetterState {
  if ((hints.area ?? place.area) === 'outbox') return 'pending';
  return place.done ? 'acked' : (hints.state ?? stateInFields(fields));
}

function timeOf(
  { fields, hints }: ReadableEntry,
  { file, options }: LetterContext,
): { publishedAt: number; clock: string } {
  const timezone = options.timezone ?? 'UTC';
  const closing = hints.closingTime === undefined ? [] : [{ key: 'timestamp', value: hints.closingTime }];
  const found = [...fieldsFor('time', fields), ...fieldsFor('time', hints.envelope ?? new Map()), ...closing];
  for (const { key, value } of found) {
    const time = parseTime(value, /utc/i.test(key) ? 'UTC' : timezone);
    if (time !== undefined) return { publishedAt: time, clock: 'field' };
  }
  const named = timeInName(file.path.slice(file.path.lastIndexOf('/') + 1), timezone);
  if (named !== undefined) return { publishedAt: named, clock: 'name' };
  return { publishedAt: Math.max(0, Math.floor(file.modifiedAt)), clock: 'mtime' };
}

function identityContent({ fields, notes, bodyKey }: ReadableEntry): JsonValue {
  const content = new Map<string, JsonValue>([...fields].filter(([key, value]) => !isStateField(key, value)));
  const body = bodyKey === undefined ? undefined : fields.get(bodyKey);
  // Line ends of a text change when a tree passes through another system; the letter does not.
  if (bodyKey !== undefined && typeof body === 'string') content.set(bodyKey, body.replace(/\r+\n/g, '\n').trim());
  const beyond = notes === undefined ? [] : [notes.exactNumbers, notes.duplicateKeys];
  return beyond.some((note) => Object.keys(note).length > 0)
    ? [Object.fromEntries(content), ...beyond]
    : Object.fromEntries(content);
}
