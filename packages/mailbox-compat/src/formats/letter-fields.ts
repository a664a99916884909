import type { JsonValue } from '@agentbus/core';
import { fieldName, type NativeFields } from './letter-state.ts';

export type Purpose = 'id' | 'sender' | 'recipient' | 'assignee' | 'time' | 'body' | 'type' | 'subject' | 'priority';

/** What a field is for. The spellings stand in order of precedence, those of the format's own writers first. */
export const spellings: Readonly<Record<Purpose, readonly string[]>> = {
  id: list('message_id msg_id id event_id uuid'),
  sender: list(
    'sender_agent_id sender from from_agent from_agent_id agent_id source_id sender_id agent issued_by submitted_by created_by injected_by author',
  ),
  recipient: list(
    'recipient_agent_id recipient to to_agent to_agent_id target recipient_id target_agent target_agent_id',
  ),
  /** Who is to do a task that names no recipient. */
  assignee: list('assigned_agent assigned_to assigned_agent_id assignee'),
  time: list(
    'timestamp_utc timestamp timestamp_utc_iso created_at created timestamp_created_utc timestamp_dispatched ts date timestamp_created time sent_at injected_at queued_at',
  ),
  body: list('body content text message payload data details prompt summary'),
  type: list('message_type type kind event_type task_type'),
  subject: list('subject title'),
  priority: list('priority importance urgency'),
};

/** A field that was found: the key as it was written, and its value. */
export interface FoundField {
  readonly key: string;
  readonly value: JsonValue;
}

/** The fields that serve one purpose, in order of precedence. */
export function fieldsFor(purpose: Purpose, fields: NativeFields): FoundField[] {
  const found: (FoundField & { readonly rank: number })[] = [];
  for (const [key, value] of fields) {
    const rank = spellings[purpose].indexOf(fieldName(key));
    if (rank >= 0) found.push({ key, value, rank });
  }
  return found.sort((one, other) => one.rank - other.rank);
}

/** The first field for a purpose that holds a text or a number worth the name, as text. */
export function textField(purpose: Purpose, fields: NativeFields): { key: string; text: string } | undefined {
  for (const { key, value } of fieldsFor(purpose, fields)) {
    if (typeof value === 'string' && value.trim() !== '') return { key, text: value };
    if (typeof value === 'number') return { key, text: String(value) };
  }
  return undefined;
}

/** Whether fields make a letter beyond doubt, whatever the file is called. */
export function isLetterShaped(fields: NativeFields): boolean {
  const has = (purpose: Purpose): boolean => fieldsFor(purpose, fields).length > 0;
  const sender = fieldsFor('sender', fields).some(({ key }) => /^(?:sender|from|source)/.test(fieldName(key)));
  const id = fieldsFor('id', fields).some(({ key }) => fieldName(key) !== 'id');
  return id || (sender && (has('recipient') || has('body') || has('subject')));
}

/** Whether fields could make a letter: enough for a file that lies where letters are left. */
export function couldBeLetter(fields: NativeFields): boolean {
  if (
    isLetterShaped(fields) ||
    [...fields.keys()].some((key) => /^(?:saved_)?task_id$|^directive_id$/.test(fieldName(key)))
  ) {
    return true;
  }
  const purposes = ['sender', 'recipient', 'body', 'subject', 'type', 'time'] as const;
  return purposes.filter((purpose) => fieldsFor(purpose, fields).length > 0).length >= 2;
}

function list(names: string): readonly string[] {
  return names.split(' ');
}
