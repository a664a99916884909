import { broadcastRecipient } from './mailbox.ts';
import type { Plan, PlannedFile, PlannedLetter } from './plan.ts';

/** What `scan` and `import` say of a tree; `--json` prints exactly this. */
export interface ImportSummary {
  /** The absolute path of the tree. */
  readonly root: string;
  /** The URL of the store; absent on a scan. */
  readonly store?: string;
  /** Each file counts once; the four kinds add up to `total`. */
  readonly files: {
    readonly total: number;
    /** Gave at least one imported entry. */
    readonly messages: number;
    /** Hold no message by nature. */
    readonly ignored: number;
    /** Held something of which nothing could be taken. */
    readonly quarantined: number;
    /** Gave only entries that were there already. */
    readonly duplicates: number;
  };
  /** `total` is the sum of the other three. On a scan, imported means: would be imported. */
  readonly entries: {
    readonly total: number;
    readonly imported: number;
    readonly duplicates: number;
    readonly quarantined: number;
  };
  /** Of the imported entries. */
  readonly states: StateCounts;
  /** Entries by the format that read them. */
  readonly formats: Readonly<Record<string, number>>;
  /** Imported entries by recipient. */
  readonly mailboxes: Readonly<Record<string, StateCounts>>;
  /** Files that had to be repaired to be read, those that turned out to hold no message included. */
  readonly recovered: number;
  readonly quarantine: readonly QuarantineNote[];
  readonly ignoredFiles: readonly { readonly path: string; readonly reason: string }[];
  readonly elapsedMs: number;
}

/** Letters still owed to their recipient, and letters it has dealt with. */
export interface StateCounts {
  readonly pending: number;
  readonly acked: number;
}

/** Something that could not be taken. Without `entry` it is the whole file. */
export interface QuarantineNote {
  readonly path: string;
  readonly entry?: number;
  readonly reason: string;
}

/** How the letters of a plan fared against a store. */
export interface Outcome {
  /** Ids of letters that the store held before. */
  readonly stored: ReadonlySet<string>;
  /** Letters that could not be taken after all, by id, with the reason. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What is known of a plan before it met a store. */
export const untried: Outcome = { stored: new Set(), refused: new Map() };

/** Counts everything: each file and each entry once. */
export function summarise(plan: Plan, outcome: Outcome): Omit<ImportSummary, 'root' | 'store' | 'elapsedMs'> {
  const fateOf = ({ id }: PlannedLetter): 'imported' | 'duplicates' | 'quarantined' =>
    outcome.refused.has(id) ? 'quarantined' : outcome.stored.has(id) ? 'duplicates' : 'imported';
  const firsts = new Map<string, { imported: number; duplicates: number; quarantined: number }>();
  const mailboxes = new Map(plan.agents.map((agent) => [agent, { pending: 0, acked: 0 }]));
  const states = { pending: 0, acked: 0 };
  const quarantine: QuarantineNote[] = plan.quarantined.map(({ path, entry, reason }) =>
    entry === undefined ? { path, reason } : { path, entry, reason },
  );
  for (const letter of plan.letters) {
    const fate = fateOf(letter);
    const counts = getOrAdd(firsts, letter.path, { imported: 0, duplicates: 0, quarantined: 0 });
    counts[fate] += 1;
    const mailbox = getOrAdd(mailboxes, letter.recipient, { pending: 0, acked: 0 });
    if (fate === 'quarantined') {
      quarantine.push({ path: letter.path, entry: letter.entry, reason: outcome.refused.get(letter.id) ?? '' });
    }
    if (fate !== 'imported') continue;
    const state = letter.acked ? 'acked' : 'pending';
    mailbox[state] += 1;
    states[state] += 1;
  }
  const entries = { total: 0, imported: 0, duplicates: 0, quarantined: 0 };
  const files = { total: plan.files.length, messages: 0, ignored: 0, quarantined: 0, duplicates: 0 };
  for (const file of plan.files) {
    const counts = entriesOf(file, firsts.get(file.path));
    for (const fate of ['imported', 'duplicates', 'quarantined'] as const) entries[fate] += counts[fate];
    files[kindOf(file, counts)] += 1;
  }
  entries.total = entries.imported + entries.duplicates + entries.quarantined;
  return {
    files,
    entries,
    states,
    formats: Object.fromEntries([...plan.formats].sort(([a], [b]) => (a < b ? -1 : 1))),
    mailboxes: Object.fromEntries([...mailboxes].sort(([a], [b]) => compareMailboxes(a, b))),
    recovered: plan.recovered,
    quarantine: quarantine.sort((a, b) =>
      a.path < b.path ? -1 : a.path > b.path ? 1 : (a.entry ?? 0) - (b.entry ?? 0),
    ),
    ignoredFiles: plan.files.flatMap(({ path, ignored }) => (ignored === undefined ? [] : [{ path, reason: ignored }])),
  };
}

interface FileCounts {
  readonly imported: number;
  readonly duplicates: number;
  readonly quarantined: number;
}

function entriesOf(file: PlannedFile, firsts: FileCounts | undefined): FileCounts {
  return {
    imported: firsts?.imported ?? 0,
    duplicates: file.copies + (firsts?.duplicates ?? 0),
    quarantined: file.quarantined + (firsts?.quarantined ?? 0),
  };
}

function kindOf(file: PlannedFile, counts: FileCounts): 'messages' | 'ignored' | 'quarantined' | 'duplicates' {
  if (file.ignored !== undefined) return 'ignored';
  if (counts.imported > 0) return 'messages';
  return counts.duplicates > 0 ? 'duplicates' : 'quarantined';
}

/** Agents by name, numbers in them by value; what is for everybody comes last. */
function compareMailboxes(a: string, b: string): number {
  if ((a === broadcastRecipient) !== (b === broadcastRecipient)) return a === broadcastRecipient ? 1 : -1;
  return a.localeCompare(b, 'en', { numeric: true }) || (a < b ? -1 : 1);
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, fresh: Value): Value {
  const value = map.get(key) ?? fresh;
  map.set(key, value);
  return value;
}
