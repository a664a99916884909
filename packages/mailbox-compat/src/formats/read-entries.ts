import type { Entry } from './entry.ts';
import type { EntryReading, FileReading } from './format.ts';
import { composeLetters, type LetterContext } from './letter.ts';

/** Turns a file's entries into its reading. Each reading has an index of its own, counted from 0. */
export function readEntries(entries: readonly Entry[], context: LetterContext): FileReading {
  const readings: EntryReading[] = [];
  for (const entry of entries) {
    const { start, end } = entry;
    if (entry.kind === 'unreadable') {
      readings.push({ kind: 'quarantined', reason: entry.reason, index: readings.length, start, end });
      continue;
    }
    for (const letter of composeLetters(entry, context, readings.length)) {
      readings.push({ kind: 'letter', letter, index: readings.length, start, end });
    }
  }
  const { file, format, recovered } = context;
  return {
    kind: 'read',
    path: file.path,
    format,
    entries: readings,
    ...(recovered.length === 0 ? {} : { recovered: recovered.join(', ') }),
  };
}

/** The reading of a file from which nothing could be taken: all of its bytes are quarantined as one entry. */
export function quarantineFile(path: string, format: string, reason: string, length: number): FileReading {
  return { kind: 'read', path, format, entries: [{ kind: 'quarantined', reason, index: 0, start: 0, end: length }] };
}
