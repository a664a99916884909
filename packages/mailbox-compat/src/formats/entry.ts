import type { LetterState } from './format.ts';
import type { ValueNotes } from './json-node.ts';
import type { NativeFields } from './letter-state.ts';
import type { Area } from './mailbox-place.ts';

/** What a container says about an entry that the entry does not say itself. */
export interface EntryHints {
  /** The agent whose mailbox the container is. */
  readonly owner?: string;
  /** Where in it the entry was. */
  readonly area?: Area;
  readonly state?: LetterState;
  /** Which of a file's lists it is in. A copy in another list is the same letter, an equal one in the same list is not. */
  readonly list?: string;
  /** Sender, recipient, id and body for letters that name none. */
  readonly sender?: string;
  readonly recipient?: string;
  readonly nativeId?: string;
  /** Keeps the letter apart from equal ones in other kinds of containers, whose state says nothing about it. */
  readonly apart?: string;
  /** The time in a letter's last line, which is a part of its body. */
  readonly closingTime?: string;
  /** What the container keeps about the entry, such as its delivery attempts. Stored with it, no part of its identity. */
  readonly envelope?: NativeFields;
}

/** One entry of a file that can be read, before it is a letter. */
export interface ReadableEntry {
  readonly kind: 'entry';
  readonly fields: NativeFields;
  readonly hints: EntryHints;
  readonly notes?: ValueNotes;
  /** For letters that are text: which field is the body. Of fields in JSON the spelling decides. */
  readonly bodyKey?: string;
  /** Byte range in the file. */
  readonly start: number;
  readonly end: number;
}

/** One entry of a file that cannot be read. */
interface UnreadableEntry {
  readonly kind: 'unreadable';
  readonly reason: string;
  readonly start: number;
  readonly end: number;
}

export type Entry = ReadableEntry | UnreadableEntry;
