import type { JsonValue } from '@agentbus/core';
import { excerpt } from './excerpt.ts';

/** A text, number, boolean or null in a stored payload, or an empty list or object. */
export interface StoredScalar {
  /** Set when it stands in one of the members that every payload has, whatever the file called them. */
  readonly place: 'subject' | 'type' | 'body' | undefined;
  /** The keys above it, below its place or `extra`. */
  readonly path: readonly string[];
  /** As text: `true`, `12.5`, `null`, or the text itself. */
  readonly text: string;
  /** Where it belongs: to the letter, to what a queue says of it, or to what was kept beside it, such as comments. */
  readonly part: 'letter' | 'envelope' | 'kept';
}

/** Lists the scalars of a payload, in order. */
export function storedScalars(payload: JsonValue): StoredScalar[] {
  const found: StoredScalar[] = [];
  const visit = (value: JsonValue, path: readonly string[], where: Pick<StoredScalar, 'place' | 'part'>): void => {
    if (value === null || typeof value !== 'object') found.push({ path, text: String(value), ...where });
    else if (Object.keys(value).length === 0) found.push({ path, text: isList(value) ? '[]' : '{}', ...where });
    else if (isList(value)) for (const item of value) visit(item, path, where);
    else for (const [name, member] of Object.entries(value)) visit(member, [...path, name], where);
  };
  const { extra, ...members } = membersOf(payload);
  for (const [name, member] of Object.entries(members)) {
    if (name === 'subject' || name === 'type' || name === 'body') visit(member, [], { place: name, part: 'letter' });
    else visit(member, [name], { place: undefined, part: 'letter' });
  }
  for (const [name, member] of Object.entries(membersOf(extra))) {
    if (name === 'mailbox-envelope') visit(member, [], { place: undefined, part: 'envelope' });
    else visit(member, [name], { place: undefined, part: name.startsWith('mailbox-') ? 'kept' : 'letter' });
  }
  return found;
}

/** Says where a scalar stands, for messages to people. */
export function describeScalar({ place, path, text }: StoredScalar): string {
  return `${excerpt(text)} as ${JSON.stringify([...(place === undefined ? [] : [place]), ...path].join('.'))}`;
}

function membersOf(value: JsonValue | undefined): { readonly [key: string]: JsonValue } {
  return value === undefined || value === null || typeof value !== 'object' || isList(value) ? {} : value;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
