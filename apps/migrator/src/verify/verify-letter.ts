import { createHash } from 'node:crypto';
import type { MessageRecord } from '@agentbus/core';
import type { Letter } from '@agentbus/mailbox-compat/formats';
import { type RawEntry, readIndependently } from './independent-reading.ts';

/** Whether the stored message was made from this very copy of the letter, unchanged since. */
export function isMadeFrom(record: MessageRecord, letter: Letter, raw: Uint8Array): boolean {
  const sha256 = createHash('sha256').update(raw).digest('hex');
  return (
    record.headers['mailbox-path'] === letter.headers['mailbox-path'] && record.headers['mailbox-sha256'] === sha256
  );
}

/**
 * Compares a letter in a file with the message that is stored under its id. Returns what is wrong.
 *
 * What the letter says is proved by the independent reading. The rest is compared with what the reader says now.
 */
export function verifyLetter(letter: Letter, topic: string, raw: RawEntry, record: MessageRecord): string[] {
  if (record.headers['mailbox-sha256'] === undefined) {
    return [`another message, on topic "${record.topic}", has its id ${record.id}`];
  }
  const isOwn = isMadeFrom(record, letter, raw.bytes);
  const problems: string[] = [];
  if (record.topic !== topic) problems.push(`it is stored on topic "${record.topic}" instead of "${topic}"`);
  // Of a letter that names no sender only the copy in an outbox tells whose it is.
  if (isOwn && record.source !== letter.source) {
    problems.push(`it is stored as from "${record.source}" instead of "${letter.source}"`);
  }
  // A modification time is the tree's, not the letter's: it changes with every copy of the tree.
  if (isOwn && letter.headers['mailbox-clock'] !== 'mtime' && record.publishedAt !== letter.publishedAt) {
    problems.push(
      `it is stored as of ${new Date(record.publishedAt).toISOString()} instead of ${new Date(letter.publishedAt).toISOString()}; was it imported with another --timezone?`,
    );
  }
  return [...problems, ...(isOwn ? readIndependently(raw, record, false) : readCopy(letter, raw, record))];
}

/**
 * The message was made from another copy, or from this one before it changed. Then only fields that tell its state may
 * differ; if not even they do, the hash that was stored is wrong.
 */
function readCopy(letter: Letter, raw: RawEntry, record: MessageRecord): string[] {
  const isSamePlace = (['mailbox-path', 'mailbox-index'] as const).every(
    (name) => record.headers[name] === letter.headers[name],
  );
  if (isSamePlace && readIndependently(raw, record, false).length === 0) {
    return ['the SHA-256 of its bytes is not the one that was stored'];
  }
  return readIndependently(raw, record, true);
}
