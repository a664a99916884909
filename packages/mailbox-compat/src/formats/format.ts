import type { JsonValue, Priority } from '@agentbus/core';

/** One file of a mailbox tree as it was found. */
export interface SourceFile {
  /** Relative to the root, divided by `/` on every platform. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch; the last resort for a letter that names no time. */
  readonly modifiedAt: number;
}

/** What is known of a letter's fate: still owed to its recipient, or processed. */
export type LetterState = 'pending' | 'acked';

/** What is published of a letter. */
export interface LetterPayload {
  readonly subject?: string;
  readonly type?: string;
  readonly body: JsonValue;
  /**
   * Every other native field under its own name, and what was found beside them: `mailbox-comments`, `mailbox-prose`,
   * `mailbox-envelope` (what a queue says about the letter), `mailbox-exact-numbers`, `mailbox-duplicate-keys`,
   * `mailbox-raw-base64` (where a repair had to guess or bytes were no UTF-8).
   */
  readonly extra?: { readonly [key: string]: JsonValue };
}

/** One message taken from a mailbox, ready to be published. */
export interface Letter {
  /** The same for the same letter wherever it lies: see `letterId`. Shaped like a UUID (version 8). */
  readonly id: string;
  /** Agent name as spelled (or as aliased); `broadcast` for everybody. */
  readonly recipient: string;
  /** Sender; `unknown` when the letter names none. */
  readonly source: string;
  readonly payload: LetterPayload;
  /**
   * Where the letter comes from: `mailbox-format`, `-path`, `-index`, `-sha256` (of the bytes that the entry's range
   * covers) and `-clock` always; `-id` (native), `-priority` (raw) and `-recovered` (how) when there is one; `-fields`
   * (JSON) where body, subject or type came from fields of other names, `*` for a body made of all other fields.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly priority: Priority;
  /** Milliseconds since the epoch, by the clock that the header `mailbox-clock` names: `field`, `name` or `mtime`. */
  readonly publishedAt: number;
  readonly state: LetterState;
}

/** What one entry of a file turned out to be; `start` and `end` are its byte range in the file, end exclusive. */
export type EntryReading =
  | {
      readonly kind: 'letter';
      readonly letter: Letter;
      readonly index: number;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'quarantined';
      readonly reason: string;
      readonly index: number;
      readonly start: number;
      readonly end: number;
    };

/** What one file turned out to be: entries, or no message by nature. */
export type FileReading =
  | {
      readonly kind: 'read';
      readonly path: string;
      readonly format: string;
      readonly entries: readonly EntryReading[];
      /** What had to be repaired before the file could be read; absent when nothing had to. */
      readonly recovered?: string;
    }
  | { readonly kind: 'ignored'; readonly path: string; readonly reason: string; readonly recovered?: string };

/** What the operator may choose about reading. */
export interface ReadOptions {
  /** IANA zone (`Europe/Berlin`) of times that carry no offset. Default `UTC`, since most writers meant it. */
  readonly timezone?: string;
  /** Spelling found → agent meant. Default: none, as two spellings may be two agents. */
  readonly aliases?: ReadonlyMap<string, string>;
  /**
   * The directories that lead into the root, as far as they are part of a mailbox: `Agent-1` when the root is that
   * agent's directory, `Agent-1/inbox` when it is its inbox. Default: none, the root holds whole mailboxes. See
   * `mailboxAround`.
   */
  readonly within?: string;
}

/** One legacy format. Neither verb throws for bad content. */
export interface MailboxFormat {
  readonly name: string;
  /** Whether this format is to read the file. Cheap: looks at the path and the first bytes only. */
  detect(file: SourceFile): boolean;
  read(file: SourceFile, options: ReadOptions): FileReading;
}
