import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '@agentbus/core';
import type { Entry, EntryHints, ReadableEntry } from './entry.ts';
import { fileName } from './file-name.ts';
import { type FileText, fileText } from './file-text.ts';
import type { FileReading, ReadOptions, SourceFile } from './format.ts';
import { type IgnoreReason, reasonToIgnore } from './ignored-file.ts';
import { unwrapInOutProcessed } from './in-out-processed.ts';
import { unwrapList } from './inbox-json.ts';
import { type JsonDocument, readJsonDocument } from './json-document.ts';
import { jsonEntry, type Unwrap } from './json-entries.ts';
import type { JsonNode } from './json-node.ts';
import type { LetterContext } from './letter.ts';
import { couldBeLetter, isLetterShaped } from './letter-fields.ts';
import { type MailboxPlace, placeOf } from './mailbox-place.ts';
import { unwrapQueue } from './queue-file.ts';
import { quarantineFile, readEntries } from './read-entries.ts';
import { readTextFile } from './read-text-file.ts';
import { unwrapSharedMailbox } from './shared-mailbox.ts';

/** The kinds of files that hold several letters, in the order in which they are tried. */
const containers: readonly (readonly [format: string, unwrap: Unwrap])[] = [
  ['dreamos-shared-mailbox', unwrapSharedMailbox],
  ['dreamos-in-out-processed', unwrapInOutProcessed],
  ['dreamos-queue', unwrapQueue],
  ['dreamos-inbox-json', unwrapList],
];

/**
 * Reads a file of JSON. What kind of mailbox it is shows in its content, so the name decides only where the content
 * leaves it open; `single` is the format of a file that holds one letter. `hints` hold for each letter that says nothing
 * else.
 */
export function readJsonFile(
  file: SourceFile,
  options: ReadOptions,
  single: string,
  hints: EntryHints = {},
): FileReading {
  const place = placeOf(file.path, options.within);
  const ignore = reasonToIgnore(file, place);
  if (ignore?.weak === false) return { kind: 'ignored', path: file.path, reason: ignore.reason };

  const text = fileText(file.bytes);
  if (/^\0+$/.test(text.latin1))
    return quarantineFile(file.path, single, 'it holds nothing but NUL bytes', file.bytes.length);
  const { stem, ending } = fileName(file.path);
  const document = readJsonDocument(text.latin1, ending === 'jsonl' || ending === 'ndjson');
  if (document === undefined) return readTextFile(file, options, hints, ['prose in a JSON file']);

  const { format, entries, contained } = takeEntries(document, stem, place, single);
  if (text.recovered !== undefined) document.repairs.how.add(text.recovered);
  if (!text.valid) document.repairs.how.add('invalid UTF-8');
  const recovered = [...document.repairs.how];
  const how = recovered.length === 0 ? {} : { recovered: recovered.join(', ') };
  const reason = reasonForContent(entries, ignore, place);
  if (reason !== undefined) return { kind: 'ignored', path: file.path, reason, ...how };

  // A file that is one letter is that letter with everything around it: then its hash is the file's.
  const whole = document.values.length === 1 && !contained ? { start: 0, end: file.bytes.length } : undefined;
  const placed = entries.map(
    (entry): Entry => ({
      ...(entry.kind === 'entry' ? { ...entry, hints: { ...hints, ...entry.hints } } : entry),
      ...(whole ?? { start: text.offset(entry.start), end: text.offset(entry.end) }),
    }),
  );
  return readEntries(placed, {
    file,
    options,
    place,
    format,
    recovered,
    keepsakesOf: keepsakesOf(
      document,
      text,
      file,
      placed.find(({ kind }) => kind === 'entry'),
    ),
    seen: new Map(),
  });
}

function takeEntries(
  { values }: JsonDocument,
  stem: string,
  place: MailboxPlace,
  single: string,
): { format: string; entries: Entry[]; contained: boolean } {
  let contained = false;
  let format = values.length > 1 || /^(?:inbox|messages)$/i.test(stem) ? 'dreamos-inbox-json' : single;
  const entries: Entry[] = [];
  for (const root of values) {
    const found = unwrapAny(root, stem, place);
    contained ||= found !== undefined;
    if (found !== undefined) format = found.format;
    entries.push(...(found?.entries ?? [jsonEntry(root)]));
  }
  return { format, entries, contained };
}

function unwrapAny(
  root: JsonNode,
  stem: string,
  place: MailboxPlace,
): { format: string; entries: Entry[] } | undefined {
  for (const [format, unwrap] of containers) {
    const entries = unwrap(root, { stem, place });
    if (entries !== undefined) return { format, entries };
  }
  return undefined;
}

/** Why a file that could be read is still no message, judged by what is in it and where it lies. */
function reasonForContent(
  entries: readonly Entry[],
  ignore: IgnoreReason | undefined,
  place: MailboxPlace,
): string | undefined {
  const letters = entries.filter((entry): entry is ReadableEntry => entry.kind === 'entry');
  if (ignore !== undefined) return letters.some(({ fields }) => isLetterShaped(fields)) ? undefined : ignore.reason;
  if (entries.length === 0) return 'empty';
  if (place.area === 'private' && letters.length === 0) return "an agent's own file";
  if (letters.length === 0) return entries.every(isEmpty) ? 'empty' : undefined;
  if (letters.some(({ fields }) => fields.has('$schema') && fields.has('properties'))) return 'schema';
  if (place.area === 'private' && !letters.some(({ fields }) => isLetterShaped(fields))) return "an agent's own file";
  const needsFields = place.area === 'loose' || place.area === 'shared';
  if (needsFields && !letters.some(({ fields, hints }) => hints.area !== undefined || couldBeLetter(fields))) {
    return 'no field of a message, outside any mailbox';
  }
  return undefined;
}

function isEmpty(entry: Entry): boolean {
  return entry.kind === 'unreadable' && /^an empty/.test(entry.reason);
}

/** Comments and prose stay with the first letter, raw bytes with every letter whose text is not certain. */
function keepsakesOf(
  { prose, repairs }: JsonDocument,
  text: FileText,
  file: SourceFile,
  first: Entry | undefined,
): LetterContext['keepsakesOf'] {
  return (entry) => {
    const keepsakes = new Map<string, JsonValue>();
    const bytes = file.bytes.subarray(entry.start, entry.end);
    if (entry === first && repairs.comments.length > 0) keepsakes.set('mailbox-comments', repairs.comments);
    if (entry === first && prose.length > 0) {
      keepsakes.set(
        'mailbox-prose',
        prose.map(({ start, end }) => text.decode(start, end)),
      );
    }
    if (repairs.guessed || (!text.valid && !isUtf8(bytes))) keepsakes.set('mailbox-raw-base64', base64(bytes));
    return keepsakes;
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
