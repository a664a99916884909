import type { MessageRecord, Store } from '@agentbus/core';
import type { EntryReading, ReadOptions } from '@agentbus/mailbox-compat/formats';
import { findStored } from '../append-new.ts';
import { batches } from '../batches.ts';
import { type JudgedEntry, judgeEntry } from '../judge-entry.ts';
import { assertMailboxRoot } from '../mailbox-root.ts';
import { placeRoot, type ReadFile, readTree } from '../mailbox-tree.ts';
import type { OnProgress } from '../progress.ts';
import { quarantineId } from '../quarantine.ts';
import { unaccounted } from './gaps.ts';
import { keptTexts } from './independent-reading.ts';
import { type Decode, decoderFor } from './lenient-text.ts';
import { createOwedCheck, type OwedCheck } from './owed.ts';
import { isMadeFrom, verifyLetter } from './verify-letter.ts';
import { verifyQuarantined } from './verify-quarantined.ts';

/** What `verify` found; `--json` prints exactly this. */
export interface VerifyReport {
  readonly root: string;
  readonly store: string;
  readonly files: { readonly total: number; readonly read: number; readonly ignored: number };
  /** `total` is the sum of the other four. */
  readonly entries: {
    readonly total: number;
    /** On the bus with all that they say. Copies count through the letter that they are copies of. */
    readonly verified: number;
    /** In quarantine on the bus, byte for byte. */
    readonly quarantined: number;
    /** Not on the bus at all. */
    readonly missing: number;
    /** On the bus, but not as the file says. */
    readonly altered: number;
  };
  /** Empty when everything is proved. */
  readonly problems: readonly Problem[];
  readonly elapsedMs: number;
}

/** Something that could not be proved. Without `entry` it is about the whole file; with `path` "." about the bus. */
export interface Problem {
  readonly path: string;
  readonly entry?: number;
  readonly problem: string;
}

/** How the tree is read, and who is told of progress. */
export interface VerifyOptions extends ReadOptions {
  readonly onProgress?: OnProgress;
}

type Fate = 'verified' | 'quarantined' | 'missing' | 'altered';

/**
 * Proves that everything in the mailboxes below `root` is on the bus: reads every file again, compares each entry's hash
 * with the stored one, and finds all that the entry says in the stored message by a reading that shares no code with the
 * one that imported it. Nothing is written anywhere.
 *
 * ```ts
 * const { problems } = await verifyImport('/srv/agents/mailboxes', store);
 * ```
 *
 * Rejects with BusError `invalid_option` when `root` cannot be read.
 */
export async function verifyImport(root: string, store: Store, options: VerifyOptions = {}): Promise<VerifyReport> {
  const startedAt = performance.now();
  const { onProgress, ...readOptions } = options;
  await assertMailboxRoot(root);
  const owed = createOwedCheck();
  const files = { total: 0, read: 0, ignored: 0 };
  const entries = { total: 0, verified: 0, quarantined: 0, missing: 0, altered: 0 };
  const problems: Problem[] = [];
  for await (const found of readTree(root, await placeRoot(root, readOptions))) {
    files.total += 1;
    if ('ignored' in found || ('reading' in found && found.reading.kind === 'ignored')) files.ignored += 1;
    else {
      files.read += 1;
      const checked = 'reading' in found ? await verifyFile(found, store, owed) : await verifyUnread(found.path, store);
      for (const fate of checked.fates) entries[fate] += 1;
      entries.total += checked.fates.length;
      problems.push(...checked.problems);
    }
    onProgress?.({ phase: 'verifying', done: files.total });
  }
  problems.push(...owed.problems(await store.stats()).map((problem) => ({ path: '.', problem })));
  return { root, store: store.url, files, entries, problems, elapsedMs: Math.round(performance.now() - startedAt) };
}

interface Checked {
  readonly fates: readonly Fate[];
  readonly problems: readonly Problem[];
}

async function verifyUnread(path: string, store: Store): Promise<Checked> {
  const id = quarantineId(path, 0, 0, new Uint8Array());
  const record = (await findStored(store, [id])).get(id);
  if (record !== undefined) return { fates: ['quarantined'], problems: [] };
  return { fates: ['missing'], problems: [{ path, problem: 'it cannot be read, and is not recorded as quarantined' }] };
}

/** An entry with what the reader makes of it and where it should be on the bus. */
interface Claimed {
  readonly entry: EntryReading;
  readonly judged: JudgedEntry;
  readonly raw: Uint8Array;
  readonly quarantineId: string;
  readonly bytes: number;
}

async function verifyFile(found: ReadFile, store: Store, owed: OwedCheck): Promise<Checked> {
  const { path, file, reading } = found;
  if (reading.kind === 'ignored') return { fates: [], problems: [] };
  const decode = decoderFor(file.bytes);
  const fates: Fate[] = [];
  const problems: Problem[] = [];
  const kept: string[] = [];
  const claimed = reading.entries.map((entry) => claim(entry, found));
  for (const batch of batches(claimed)) {
    const stored = await findStored(
      store,
      batch.flatMap((one) => idsOf(one)),
    );
    for (const one of batch) {
      const record = one.judged.kind === 'letter' ? stored.get(one.judged.letter.id) : undefined;
      const checked = verifyEntry(one, record, stored.get(one.quarantineId), decode);
      fates.push(checked.fate);
      problems.push(...checked.problems.map((problem) => ({ path, entry: one.entry.index, problem })));
      if (one.judged.kind !== 'letter' || checked.fate !== 'verified' || record === undefined) continue;
      kept.push(...keptTexts(record));
      owed.note(one.judged.letter, isMadeFrom(record, one.judged.letter, one.raw));
    }
  }
  const lost = unaccounted(file.bytes, reading.entries, decode, kept);
  return { fates, problems: [...problems, ...lost.map((problem) => ({ path, problem }))] };
}

function claim(entry: EntryReading, { path, file }: ReadFile): Claimed {
  const raw = file.bytes.subarray(entry.start, entry.end);
  return {
    entry,
    judged: judgeEntry(entry),
    raw,
    quarantineId: quarantineId(path, entry.start, entry.end, raw),
    bytes: raw.length,
  };
}

function idsOf({ judged, quarantineId: id }: Claimed): string[] {
  return judged.kind === 'letter' ? [judged.letter.id, id] : [id];
}

function verifyEntry(
  { judged, raw }: Claimed,
  record: MessageRecord | undefined,
  quarantined: MessageRecord | undefined,
  decode: Decode,
): { fate: Fate; problems: readonly string[] } {
  // A letter that could not be published, because its id was taken, is in quarantine too.
  if (quarantined !== undefined) {
    const problems = verifyQuarantined(quarantined, raw);
    return { fate: problems.length === 0 ? 'quarantined' : 'altered', problems };
  }
  if (judged.kind === 'quarantined') {
    return { fate: 'missing', problems: [`it is not in quarantine on the bus (${judged.reason})`] };
  }
  if (record === undefined) return { fate: 'missing', problems: ['it is not on the bus'] };
  const problems = verifyLetter(judged.letter, judged.topic, { bytes: raw, text: decode(raw) }, record);
  return { fate: problems.length === 0 ? 'verified' : 'altered', problems };
}
