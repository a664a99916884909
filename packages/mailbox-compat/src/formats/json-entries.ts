import type { JsonValue } from '@agentbus/core';
import type { Entry, EntryHints } from './entry.ts';
import { firstBroken, type JsonNode, plainValue } from './json-node.ts';
import type { NativeFields } from './letter-state.ts';
import type { MailboxPlace } from './mailbox-place.ts';

/** A JSON file that holds more than one letter: takes its entries out, or says that it is none of this kind. */
export type Unwrap = (root: JsonNode, file: UnwrappedFile) => Entry[] | undefined;

/** What the name and place of a file tell about its entries. */
export interface UnwrappedFile {
  /** The file's name without its directories and ending. */
  readonly stem: string;
  readonly place: MailboxPlace;
}

/** The entry of one JSON value; texts are letters too, numbers and empty values are not. */
export function jsonEntry(node: JsonNode, hints: EntryHints = {}): Entry {
  const { start, end } = node;
  const broken = firstBroken(node);
  if (broken !== undefined) return { kind: 'unreadable', reason: broken.reason, start, end };
  if (node.kind === 'object' && node.members.length > 0) {
    const { value, notes } = plainValue(node);
    return { kind: 'entry', fields: fieldsOf(value), hints, notes, start, end };
  }
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value.trim() !== '') {
    return { kind: 'entry', fields: new Map([['body', node.value]]), hints, bodyKey: 'body', start, end };
  }
  return { kind: 'unreadable', reason: `${describe(node)} is no message`, start, end };
}

/** The fields of an object; empty for any other value. */
function fieldsOf(value: JsonValue | undefined): NativeFields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return new Map(isObject ? Object.entries(value) : []);
}

/** The plain fields of an object node, without what could not be read. */
export function nodeFields(node: JsonNode): NativeFields {
  return fieldsOf(plainValue(node).value);
}

function describe(node: JsonNode): string {
  if (node.kind === 'array') return node.items.length === 0 ? 'an empty list' : 'a list inside a list';
  if (node.kind === 'object') return 'an empty object';
  if (node.kind !== 'scalar') return 'a broken value';
  return node.value === null || node.value === '' ? 'an empty value' : 'a bare value';
}
