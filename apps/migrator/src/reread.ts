import type { EntryReading, ReadOptions } from '@agentbus/mailbox-compat/formats';
import { type ReadFile, readAgain } from './mailbox-tree.ts';

/** Files kept after reading, by their size together: the letters of one file rarely all belong to one batch. */
const keptBytes = 32 * 1024 * 1024;

/** A file that was read once more. */
interface RereadFile extends ReadFile {
  /** Its letters by id: while the first pass was under way an entry before them may have gone. */
  readonly letters: ReadonlyMap<string, EntryReading>;
}

/** Reads files of a tree once more, keeping those read last. */
export interface Rereader {
  /** Resolves to undefined when the file is gone. */
  read(path: string): Promise<RereadFile | undefined>;
}

/** Makes a reader for the second pass over a tree. */
export function createRereader(root: string, options: ReadOptions): Rereader {
  const kept = new Map<string, RereadFile>();
  let bytes = 0;

  function keep(found: RereadFile): void {
    kept.set(found.path, found);
    bytes += found.file.bytes.length;
    // A Map lists what was used longest ago first, because `read` moves what it finds to the end.
    for (const [path, { file }] of kept) {
      if (bytes <= keptBytes || path === found.path) break;
      kept.delete(path);
      bytes -= file.bytes.length;
    }
  }

  return {
    async read(path) {
      const known = kept.get(path);
      if (known !== undefined) {
        kept.delete(path);
        kept.set(path, known);
        return known;
      }
      // Gone, or no longer readable: somebody works in this mailbox at the moment.
      const found = await readAgain(root, path, options).catch(() => undefined);
      if (found === undefined) return undefined;
      const reread = { ...found, letters: lettersOf(found) };
      keep(reread);
      return reread;
    },
  };
}

function lettersOf({ reading }: ReadFile): ReadonlyMap<string, EntryReading> {
  const entries = reading.kind === 'read' ? reading.entries : [];
  return new Map(entries.flatMap((entry) => (entry.kind === 'letter' ? [[entry.letter.id, entry] as const] : [])));
}
