import { isUtf8 } from 'node:buffer';

/** A file's bytes as text to read from, and the way back from places in that text to places in the file. */
export interface FileText {
  /** The file as UTF-8 bytes seen as Latin-1: one character a byte. */
  readonly latin1: string;
  /** Whether the bytes are valid UTF-8 (or were UTF-16). */
  readonly valid: boolean;
  /** How the bytes had to be converted, for the header `mailbox-recovered`. */
  readonly recovered?: string;
  /** Decodes a part. Invalid bytes become U+FFFD, as every other reader shows them. */
  decode(start: number, end: number): string;
  /** The byte offset in the file of an offset in `latin1`. */
  offset(at: number): number;
}

/** Opens the bytes of a file. UTF-16 with a byte order mark, as PowerShell writes it, is converted. */
export function fileText(bytes: Uint8Array): FileText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0xff && buffer[1] === 0xfe) return fromUtf16(buffer.subarray(2));
  if (buffer[0] === 0xfe && buffer[1] === 0xff && buffer.length % 2 === 0) {
    return fromUtf16(Buffer.from(buffer.subarray(2)).swap16());
  }
  return { ...fromUtf8(buffer), valid: isUtf8(buffer) };
}

/** Whether bytes are text at all: no NUL inside, and nearly everything valid UTF-8. */
export function looksLikeText({ latin1, valid, decode }: FileText): boolean {
  const trimmed = latin1.replace(/\0+$/, '');
  if (trimmed.includes('\0')) return false;
  if (valid) return true;
  const sample = decode(0, 65_536);
  return sample.split('\uFFFD').length - 1 <= sample.length / 20;
}

function fromUtf8(buffer: Buffer): Omit<FileText, 'valid'> {
  return {
    latin1: buffer.toString('latin1'),
    decode: (start, end) => buffer.toString('utf8', start, end),
    offset: (at) => at,
  };
}

function fromUtf16(units: Buffer): FileText {
  const utf8 = Buffer.from(units.toString('utf16le'), 'utf8');
  // Offsets are asked for in ascending order, so each part of the text is measured once.
  let known = { at: 0, units: 0 };
  const offset = (at: number): number => {
    if (at < known.at) known = { at: 0, units: 0 };
    known = { at, units: known.units + utf8.toString('utf8', known.at, at).length };
    return Math.min(2 + 2 * known.units, 2 + units.length);
  };
  return { ...fromUtf8(utf8), valid: true, recovered: 'UTF-16', offset };
}
