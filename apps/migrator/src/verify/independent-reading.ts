import type { JsonValue, MessageRecord } from '@agentbus/core';
import { proveDamaged } from './damaged-proof.ts';
import { envelopeField, proveJson } from './json-proof.ts';
import { type StoredScalar, storedScalars } from './stored-scalars.ts';
import { isVerbatim, proveText } from './text-proof.ts';

/** The bytes of one entry, and what they say. */
export interface RawEntry {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Fields that tell what became of a letter: two copies of it may differ in them. */
const stateKey =
  /^(is_?)?(un)?(status|state|read|acked|acknowledged|processed|archived|delivered|notified)(_?(at|by|status))?$|^(ack|read|delivery|message)_?status$|_?attempts?(_?at)?$|^retr(y_?count|ies)$|updated(_?at)?$/i;

/**
 * Proves from the bytes of an entry, without the readers of the formats, that the stored message has all that they say
 * and nothing that they do not. Returns what is wrong.
 *
 * `isCopy`: the message was made from another copy of the letter, which may differ in the fields that tell its state.
 */
export function readIndependently(raw: RawEntry, record: MessageRecord, isCopy: boolean): string[] {
  const stored = scalarsOf(record);
  if (stored === undefined) return ['the stored payload is no JSON'];
  const mayDiffer = (field: string): boolean => isCopy && (field === envelopeField || stateKey.test(field));
  const looksLikeJson = /^[\s\uFEFF\0]*[{["]/.test(raw.text);
  const json = looksLikeJson ? proveJson(raw.text, stored, mayDiffer) : undefined;
  if (json !== undefined && (json.length === 0 || (isStrictJson(raw.text) && !isVerbatim(raw.text, stored))))
    return json;
  // Not JSON as it stands: prose, or JSON that somebody damaged. Any proof that comes out is a whole one.
  const text = proveText(raw.text, stored, isCopy);
  if (text.length === 0) return text;
  const wrapped = json ?? proveJson(raw.text, stored, mayDiffer);
  if (wrapped.length === 0) return wrapped;
  const isAmbiguous = /unescaped/.test(record.headers['mailbox-recovered'] ?? '');
  if (isAmbiguous && proveDamaged(raw.text, raw.bytes, stored).length === 0) return [];
  return json ?? text;
}

/** What was kept beside the fields of a letter: comments, prose, raw bytes. */
export function keptTexts(record: MessageRecord): string[] {
  return (scalarsOf(record) ?? []).filter(({ part }) => part === 'kept').map(({ text }) => text);
}

function scalarsOf(record: MessageRecord): StoredScalar[] | undefined {
  try {
    const payload: JsonValue = JSON.parse(record.body);
    return storedScalars(payload);
  } catch {
    return undefined;
  }
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
