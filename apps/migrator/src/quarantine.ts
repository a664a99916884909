import { createHash } from 'node:crypto';
import type { Draft } from '@agentbus/core';
import type { EntryReading } from '@agentbus/mailbox-compat/formats';
import type { ReadFile } from './mailbox-tree.ts';

/** Where bytes are kept that nobody could make a letter of. */
export const quarantineTopic = 'mailbox.quarantine';

/** Bytes of a file that could not be taken, or a file that could not even be read. */
export interface Quarantined {
  readonly path: string;
  readonly reason: string;
  /** The entry within the file; absent for a file that could not be read. */
  readonly entry?: { readonly index: number; readonly start: number; readonly end: number };
  /** The bytes of the entry; empty for a file that could not be read. */
  readonly bytes: Uint8Array;
  /** Of the file, in milliseconds since the epoch; 0 where it is unknown. */
  readonly modifiedAt: number;
}

/** The payload of a message on {@link quarantineTopic}. */
export interface QuarantinePayload {
  readonly path: string;
  readonly index?: number;
  readonly start?: number;
  readonly end?: number;
  readonly reason: string;
  /** Base64 of the bytes as they are in the file. */
  readonly bytes?: string;
}

/**
 * The id under which the bytes are kept: the same for the same bytes in the same place, so that a second run adds
 * nothing. The reason is left out, as a later version may word it otherwise.
 */
export function quarantineId(path: string, start: number, end: number, bytes: Uint8Array): string {
  const hash = createHash('sha256')
    .update(`mailbox-quarantine\n${path}\n${start}-${end}\n`)
    .update(bytes)
    .digest('hex');
  // RFC 9562 version 8: the layout of a UUID whose bits an application chose.
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** The message that keeps quarantined bytes on the bus. It is owed to nobody; it is there to be looked at. */
export function quarantineDraft({ path, reason, entry, bytes, modifiedAt }: Quarantined): Draft {
  const id = quarantineId(path, entry?.start ?? 0, entry?.end ?? 0, bytes);
  const payload: QuarantinePayload =
    entry === undefined ? { path, reason } : { path, ...entry, reason, bytes: Buffer.from(bytes).toString('base64') };
  const headers = {
    'mailbox-path': path,
    ...(entry === undefined
      ? {}
      : { 'mailbox-index': String(entry.index), 'mailbox-sha256': createHash('sha256').update(bytes).digest('hex') }),
  };
  return {
    id,
    topic: quarantineTopic,
    body: JSON.stringify(payload),
    headers,
    source: 'mailbox-import',
    priority: 'normal',
    correlationId: id,
    publishedAt: Math.trunc(modifiedAt),
  };
}

/** The message that keeps the bytes of one entry. */
export function quarantinedEntry({ path, file }: ReadFile, entry: EntryReading, reason: string): Draft {
  const { index, start, end } = entry;
  const bytes = file.bytes.subarray(start, end);
  return quarantineDraft({ path, reason, entry: { index, start, end }, bytes, modifiedAt: file.modifiedAt });
}
