import type { Store } from '@agentbus/core';
import type { ReadOptions } from '@agentbus/mailbox-compat/formats';
import { appendLetters, type Run } from './append-letters.ts';
import { assertResumable } from './assert-resumable.ts';
import { batches } from './batches.ts';
import { keepQuarantined } from './keep-quarantined.ts';
import { assertMailboxRoot } from './mailbox-root.ts';
import { placeRoot, readTree } from './mailbox-tree.ts';
import { type PlannedLetter, planImport } from './plan.ts';
import type { OnProgress } from './progress.ts';
import { createRereader } from './reread.ts';
import { openAgentSubscriptions } from './subscriptions.ts';
import { type ImportSummary, summarise } from './summary.ts';

/** How a tree is imported. */
export interface ImportOptions extends ReadOptions {
  /**
   * Go on with an import that did not finish: refuse a store that holds nothing of this tree, which is most likely not
   * the one that was meant. What is there already is never imported twice, with or without this. Default: false.
   */
  readonly resume?: boolean;
  readonly onProgress?: OnProgress;
}

/**
 * Turns the mailboxes below `root` into messages on a bus. Nothing below `root` is changed.
 *
 * Every agent gets its subscriptions first; then each mailbox is appended in the order of its letters' times, pending
 * letters as owed and processed ones as history; then the bytes that nobody could read go to `mailbox.quarantine`.
 * All ids are made from content, so a run that died, at whatever point, is simply run again and adds what is missing.
 *
 * ```ts
 * const store = await openStore('sqlite:./bus.db');
 * const { entries } = await importMailboxes('/srv/agents/mailboxes', store);
 * ```
 *
 * Rejects with BusError `invalid_option` when `root` cannot be read or there is nothing to resume, and with
 * `config_conflict`, before anything is appended, when an agent's subscription exists on another pattern.
 */
export async function importMailboxes(root: string, store: Store, options: ImportOptions = {}): Promise<ImportSummary> {
  const startedAt = performance.now();
  const { resume = false, onProgress, ...readOptions } = options;
  await assertMailboxRoot(root);
  const reading = await placeRoot(root, readOptions);
  const plan = await planImport(readTree(root, reading), reading, (done) => onProgress?.({ phase: 'reading', done }));
  if (resume) await assertResumable(plan, root, store);
  const run: Run = {
    store,
    files: createRereader(root, reading),
    settledFor: await openAgentSubscriptions(store, plan.agents),
    stored: new Set(),
    refused: new Map(),
  };
  const total = plan.letters.length;
  let done = 0;
  // Mailbox by mailbox, because a mailbox is often one file: its letters are then cut from one reading of it.
  for (const batch of batches([...plan.letters].sort(byMailboxAndTime))) {
    await appendLetters(batch, run);
    done += batch.length;
    onProgress?.({ phase: 'importing', done, total });
  }
  for (const batch of batches(plan.quarantined)) await keepQuarantined(batch, run);
  return {
    root,
    store: store.url,
    ...summarise(plan, run),
    elapsedMs: Math.round(performance.now() - startedAt),
  };
}

function byMailboxAndTime(a: PlannedLetter, b: PlannedLetter): number {
  if (a.recipient !== b.recipient) return a.recipient < b.recipient ? -1 : 1;
  if (a.publishedAt !== b.publishedAt) return a.publishedAt - b.publishedAt;
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.entry - b.entry;
}
