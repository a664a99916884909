import type { FileReading, Letter, ReadOptions } from '../../src/formats/index.ts';
import { readMailboxFile } from '../../src/formats/index.ts';

/** Half past nine on 1 February 2026, UTC: the time of every file here that says nothing else. */
export const modifiedAt: number = Date.UTC(2026, 1, 1, 9, 30);

/** Reads a file with this content; an object is written as JSON. */
export function readAs(path: string, content: unknown, options?: ReadOptions): FileReading {
  return readMailboxFile({ path, bytes: bytesOf(content), modifiedAt }, options);
}

/** The letters of a file, in order. */
export function lettersIn(path: string, content: unknown, options?: ReadOptions): Letter[] {
  const reading = readAs(path, content, options);
  if (reading.kind === 'ignored') throw new Error(`${path} is ignored: ${reading.reason}`);
  return reading.entries.flatMap((entry) => (entry.kind === 'letter' ? [entry.letter] : []));
}

/** The only letter of a file. */
export function letterIn(path: string, content: unknown, options?: ReadOptions): Letter {
  const letters = lettersIn(path, content, options);
  const [only] = letters;
  if (only === undefined || letters.length !== 1) throw new Error(`${path} holds ${letters.length} letters`);
  return only;
}

/** Why the entries of a file are in quarantine. */
export function quarantinedIn(path: string, content: unknown): string[] {
  const reading = readAs(path, content);
  if (reading.kind === 'ignored') throw new Error(`${path} is ignored: ${reading.reason}`);
  return reading.entries.flatMap((entry) => (entry.kind === 'quarantined' ? [entry.reason] : []));
}

/** Bytes as they are, texts as UTF-8, anything else as JSON. */
export function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content, null, 2), 'utf8');
}
