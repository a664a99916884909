import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '@agentbus/core';
import { textEntries } from './divided-text.ts';
import type { Entry, EntryHints } from './entry.ts';
import { fileName } from './file-name.ts';
import { fileText, looksLikeText } from './file-text.ts';
import type { FileReading, ReadOptions, SourceFile } from './format.ts';
import { type IgnoreReason, reasonToIgnore } from './ignored-file.ts';
import { fieldsFor } from './letter-fields.ts';
import { type MailboxPlace, placeOf } from './mailbox-place.ts';
import { quarantineFile, readEntries } from './read-entries.ts';

const documentEndings = new Set([
  'md',
  'markdown',
  'txt',
  'text',
  'csv',
  'tsv',
  'eml',
  'msg',
  'json',
  'jsonl',
  'ndjson',
]);

/**
 * Reads a letter, or several, in markdown or any other text. Inside a mailbox every text is a letter, whatever its
 * ending; outside it has to be a document in an agent's own directory, or to say whom it is from or to.
 */
export function readTextFile(
  file: SourceFile,
  options: ReadOptions,
  hints: EntryHints = {},
  repairs: readonly string[] = [],
): FileReading {
  const { path, bytes } = file;
  const place = placeOf(path, options.within);
  const ignore = reasonToIgnore(file, place);
  if (ignore?.weak === false) return { kind: 'ignored', path, reason: ignore.reason };

  const format = 'dreamos-markdown';
  const text = fileText(bytes);
  const inMailbox = place.area === 'mailbox' || place.area === 'broadcast' || place.area === 'outbox';
  if (!looksLikeText(text) || /^\0+$/.test(text.latin1)) {
    if (!inMailbox) return { kind: 'ignored', path, reason: 'binary file outside any mailbox' };
    const reason = /^\0+$/.test(text.latin1) ? 'it holds nothing but NUL bytes' : 'it is neither JSON nor text';
    return quarantineFile(path, format, reason, bytes.length);
  }
  const end = text.latin1.replace(/\0+$/, '').length;
  const entries = textEntries(text, end);
  const reason = hints.recipient === undefined ? reasonForText(entries, ignore, place, path) : undefined;
  if (reason !== undefined) return { kind: 'ignored', path, reason };

  const recovered = [
    ...repairs,
    ...(text.recovered === undefined ? [] : [text.recovered]),
    ...(text.latin1.startsWith('\xEF\xBB\xBF') && text.recovered === undefined ? ['byte order mark'] : []),
    ...(end < text.latin1.length ? ['NUL bytes at the end'] : []),
    ...(text.valid ? [] : ['invalid UTF-8']),
  ];
  const placed = entries.map((entry): Entry => {
    const range = { start: text.offset(entry.start), end: text.offset(entry.end) };
    const whole = entries.length === 1 ? { start: 0, end: bytes.length } : range;
    return { ...(entry.kind === 'entry' ? { ...entry, hints: { ...hints, ...entry.hints } } : entry), ...whole };
  });
  return readEntries(placed, {
    file,
    options,
    place,
    format,
    recovered,
    keepsakesOf: (entry): ReadonlyMap<string, JsonValue> => {
      const raw = bytes.subarray(entry.start, entry.end);
      if (text.valid || isUtf8(raw)) return new Map();
      return new Map([['mailbox-raw-base64', Buffer.from(raw).toString('base64')]]);
    },
    seen: new Map(),
  });
}

function reasonForText(
  entries: readonly Entry[],
  ignore: IgnoreReason | undefined,
  place: MailboxPlace,
  path: string,
): string | undefined {
  const addressed = entries.some(
    (entry) =>
      entry.kind === 'entry' &&
      (fieldsFor('sender', entry.fields).length > 0 || fieldsFor('recipient', entry.fields).length > 0),
  );
  if (addressed) return undefined;
  if (ignore !== undefined) return ignore.reason;
  if (place.area === 'private') return "an agent's own file";
  if (place.area !== 'loose' && place.area !== 'shared') return undefined;
  const { ending } = fileName(path);
  if (!documentEndings.has(ending)) return 'no mailbox file, outside any mailbox';
  return place.area === 'shared' || (place.owner !== undefined && place.direct)
    ? undefined
    : 'document outside any mailbox';
}
