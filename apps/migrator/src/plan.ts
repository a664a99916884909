import { type EntryReading, placeOf, type ReadOptions } from '@agentbus/mailbox-compat/formats';
import { canHaveInbox, judgeEntry } from './judge-entry.ts';
import { broadcastRecipient } from './mailbox.ts';
import type { ReadFile, TreeFile } from './mailbox-tree.ts';
import { createNameCopies } from './name-copies.ts';
import { quarantineId } from './quarantine.ts';

/**
 * What the first pass over a tree remembers: for each letter its identity, place and state, but never its content, so
 * that a tree of any size fits in memory (about 250 bytes a letter).
 *
 * Of several copies of one letter the first in the order of the walk is the one that is imported; the others are
 * duplicates. The state is that of the copy that got furthest.
 */
export interface Plan {
  readonly files: readonly PlannedFile[];
  readonly letters: readonly PlannedLetter[];
  readonly quarantined: readonly PlannedQuarantine[];
  /** The agents that have letters or a mailbox here, in order of their names. */
  readonly agents: readonly string[];
  /** Entries by format. */
  readonly formats: ReadonlyMap<string, number>;
  /** Files that had to be repaired to be read, those that turned out to hold no message included. */
  readonly recovered: number;
}

/** One file of the tree. Either it is `ignored`, or it has entries, each of which is counted once. */
export interface PlannedFile {
  readonly path: string;
  /** Why the file holds no message by nature. */
  readonly ignored?: string;
  /** Copies of letters that came earlier in the walk. */
  readonly copies: number;
  readonly quarantined: number;
}

/** One letter, at the place of its first copy. */
export interface PlannedLetter {
  readonly id: string;
  readonly recipient: string;
  readonly publishedAt: number;
  readonly acked: boolean;
  readonly path: string;
  readonly entry: number;
  /** What the entry takes in the file; a measure for batches. */
  readonly bytes: number;
}

/** One entry that could not be taken, or a whole file when there is no `entry`. */
export interface PlannedQuarantine {
  readonly id: string;
  readonly path: string;
  readonly entry?: number;
  readonly reason: string;
  readonly bytes: number;
}

/** Makes the plan of a tree that was read with these options. `onFile` hears after each file how many were read. */
export async function planImport(
  tree: AsyncIterable<TreeFile>,
  options: ReadOptions,
  onFile?: (files: number) => void,
): Promise<Plan> {
  const files: PlannedFile[] = [];
  const letters = new Map<string, PlannedLetter>();
  const quarantined: PlannedQuarantine[] = [];
  const formats = new Map<string, number>();
  const agents = new Set<string>();
  const nameOf = createNameCopies();
  let recovered = 0;

  /** Notes an entry and says as what it counts in its file. */
  function note(found: ReadFile, entry: EntryReading): 'firsts' | 'copies' | 'quarantined' {
    const judged = judgeEntry(entry);
    const { path } = found;
    const bytes = entry.end - entry.start;
    if (judged.kind === 'quarantined') {
      const id = quarantineId(path, entry.start, entry.end, found.file.bytes.subarray(entry.start, entry.end));
      quarantined.push({ id, path, entry: entry.index, reason: judged.reason, bytes });
      return 'quarantined';
    }
    const { id, publishedAt, state } = judged.letter;
    const recipient = nameOf(judged.letter.recipient);
    if (recipient !== broadcastRecipient) agents.add(recipient);
    const first = letters.get(id);
    const acked = state === 'acked';
    if (first === undefined) letters.set(id, { id, recipient, publishedAt, acked, path, entry: entry.index, bytes });
    else if (acked && !first.acked) letters.set(id, { ...first, acked });
    return first === undefined ? 'firsts' : 'copies';
  }

  for await (const found of tree) {
    const { path } = found;
    const owner = ownerOf(path, options);
    if (owner !== undefined) agents.add(owner);
    const counts = { firsts: 0, copies: 0, quarantined: 0 };
    if ('unreadable' in found) {
      quarantined.push({ id: quarantineId(path, 0, 0, new Uint8Array()), path, reason: found.unreadable, bytes: 0 });
      files.push({ path, copies: 0, quarantined: 1 });
    } else if ('ignored' in found) {
      files.push({ path, copies: 0, quarantined: 0, ignored: found.ignored });
    } else if (found.reading.kind === 'ignored') {
      files.push({ path, copies: 0, quarantined: 0, ignored: found.reading.reason });
    } else {
      const { entries, format } = found.reading;
      for (const entry of entries) counts[note(found, entry)] += 1;
      if (entries.length > 0) formats.set(format, (formats.get(format) ?? 0) + entries.length);
      const { copies, quarantined: refused } = counts;
      files.push({
        path,
        copies,
        quarantined: refused,
        ...(entries.length > 0 ? {} : { ignored: 'it holds no entries' }),
      });
    }
    if ('reading' in found && found.reading.recovered !== undefined) recovered += 1;
    onFile?.(files.length);
  }
  return {
    files,
    letters: [...letters.values()],
    quarantined,
    agents: [...agents].sort(),
    formats,
    recovered,
  };
}

/** The agent in whose inbox, outbox or archive a file lies, whatever the file is: an agent may have no mail at present. */
function ownerOf(path: string, { within, aliases }: ReadOptions): string | undefined {
  const { area, owner } = placeOf(path, within);
  if (owner === undefined || (area !== 'mailbox' && area !== 'outbox')) return undefined;
  const agent = aliases?.get(owner) ?? owner;
  return canHaveInbox(agent) ? agent : undefined;
}
