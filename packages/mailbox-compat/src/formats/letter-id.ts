import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '@agentbus/core';

/** What makes a letter this letter. */
export interface LetterIdentity {
  readonly recipient: string;
  /** The id that the letter names itself, if any. On its own it proves nothing: ids are reused and left as placeholders. */
  readonly nativeId: string | undefined;
  /** What keeps it apart from equal letters elsewhere. */
  readonly apart: string | undefined;
  /** The letter's fields without those that tell its state. */
  readonly content: JsonValue;
  /** Tells equal entries of one array or log file apart, from 0. */
  readonly ordinal: number;
}

/**
 * The id under which a letter is published: a hash, shaped like a UUID of version 8, of the format family, the
 * recipient, the native id and the content.
 *
 * It is the same wherever a copy of the letter lies, whatever the root is and whatever its state has become; so a second
 * import, a run after a crash, or the bridge that follows the importer adds nothing.
 */
export function letterId({ recipient, nativeId, apart, content, ordinal }: LetterIdentity): string {
  const identity = {
    family: 'dreamos',
    recipient,
    id: nativeId ?? null,
    content,
    ...(apart === undefined ? {} : { apart }),
    ...(ordinal > 0 ? { ordinal } : {}),
  };
  const hash = createHash('sha256').update(canonicalJson(identity)).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
