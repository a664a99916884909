import type { EntryHints } from './entry.ts';
import { fileName } from './file-name.ts';
import type { FileReading, MailboxFormat, ReadOptions, SourceFile } from './format.ts';
import { readJsonFile } from './read-json-file.ts';
import { readTextFile } from './read-text-file.ts';

/** How much of a file `detect` looks at. */
const glance = 4096;

const msg: MailboxFormat = {
  name: 'dreamos-msg',
  detect: ({ path }) => fileName(path).ending === 'msg',
  read: (file, options) => {
    const hints = namesInMsg(fileName(file.path).stem);
    const isJson = /^[\s\0]*[{[]/.test(opening(file));
    return isJson ? readJsonFile(file, options, 'dreamos-msg', hints) : readTextFile(file, options, hints);
  },
};

/**
 * The Dream.OS family in order of precedence. `detect` goes by the name and the first bytes; what `read` says is the
 * format goes by the whole content, so a `mailbox.json` that holds one letter is read as `dreamos-directory`.
 */
export const dreamOsFormats: readonly MailboxFormat[] = [
  msg,
  jsonFormat('dreamos-shared-mailbox', (stem, start) => /mailbox/i.test(stem) || /"messages"\s*:\s*\[/.test(start)),
  jsonFormat('dreamos-in-out-processed', (_stem, start) => /"(?:incoming|outgoing)"\s*:\s*\[/.test(start)),
  jsonFormat('dreamos-queue', (stem, start) => /queue/i.test(stem) || start.includes('"queue_id"')),
  jsonFormat('dreamos-inbox-json', (stem, start) => /inbox|messages/i.test(stem) || /^\s*\[/.test(start)),
  jsonFormat('dreamos-directory', () => true),
  { name: 'dreamos-markdown', detect: () => true, read: (file, options) => readTextFile(file, options) },
];

/**
 * Reads one file with the first format that detects it: every file gets one reading, and every entry in it one. It never
 * throws for what is in the file; what cannot be read is quarantined, with its reason and its place in the file.
 *
 * ```ts
 * const reading = readMailboxFile({ path: 'planner/inbox/note.json', bytes, modifiedAt: Date.now() });
 * if (reading.kind === 'read') for (const entry of reading.entries) console.log(entry.kind, entry.start, entry.end);
 * ```
 */
export function readMailboxFile(file: SourceFile, options: ReadOptions = {}): FileReading {
  for (const format of dreamOsFormats) if (format.detect(file)) return format.read(file, options);
  return { kind: 'ignored', path: file.path, reason: 'no known format' };
}

/** A variant that is JSON: by its ending, or, where that leaves it open, by how it begins. */
function jsonFormat(name: string, detect: (stem: string, start: string) => boolean): MailboxFormat {
  const single = name === 'dreamos-inbox-json' ? name : 'dreamos-directory';
  return {
    name,
    detect: (file) => {
      const { stem, ending } = fileName(file.path);
      const start = opening(file);
      const isJson =
        /^(?:json|jsonl|ndjson|json5|jsonc)$/.test(ending) ||
        (/^(?:|txt)$/.test(ending) && /^\s*(?:\[\s*)?\{\s*"/.test(start));
      return isJson && detect(stem, start);
    },
    read: (file, options) => readJsonFile(file, options, single),
  };
}

/** `<time>_<sender>_<target>.msg` */
function namesInMsg(stem: string): EntryHints {
  const [, sender, recipient] = /^\d{8}[T_-]?\d{4,12}Z?_(.+)_([^_]+)$/.exec(stem) ?? [];
  return sender === undefined || recipient === undefined ? {} : { sender, recipient };
}

/** The beginning of a file; UTF-16 is made readable by leaving out its NUL bytes. */
function opening({ bytes }: SourceFile): string {
  const text = Buffer.from(bytes.subarray(0, glance)).toString('latin1');
  return text.replace(/^(?:\xEF\xBB\xBF|\xFF\xFE|\xFE\xFF)/, '').replaceAll('\0', '');
}
