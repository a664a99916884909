import type { Store } from '@agentbus/core';
import type { ReadOptions } from '@agentbus/mailbox-compat/formats';
import { comparePlan } from './compare.ts';
import { assertMailboxRoot } from './mailbox-root.ts';
import { placeRoot, readTree } from './mailbox-tree.ts';
import { planImport } from './plan.ts';
import type { OnProgress } from './progress.ts';
import { type ImportSummary, summarise, untried } from './summary.ts';

/** How a tree is read, and who is told of progress. */
export interface ScanOptions extends ReadOptions {
  /** Compare with this store: letters that it holds are duplicates. Nothing is written to it. */
  readonly store?: Store;
  readonly onProgress?: OnProgress;
}

/**
 * Says what an import of the tree at `root` would do, without doing it. With a `store` this is what
 * `mailbox-import import --dry-run` prints.
 *
 * ```ts
 * const { entries, mailboxes } = await scanMailboxes('/srv/agents/mailboxes');
 * ```
 *
 * Rejects with BusError `invalid_option` when `root` is no directory that can be read.
 */
export async function scanMailboxes(root: string, options: ScanOptions = {}): Promise<ImportSummary> {
  const startedAt = performance.now();
  const { store, onProgress, ...readOptions } = options;
  await assertMailboxRoot(root);
  const reading = await placeRoot(root, readOptions);
  const plan = await planImport(readTree(root, reading), reading, (done) => onProgress?.({ phase: 'reading', done }));
  const outcome = store === undefined ? untried : await comparePlan(plan, store);
  return {
    root,
    ...(store === undefined ? {} : { store: store.url }),
    ...summarise(plan, outcome),
    elapsedMs: Math.round(performance.now() - startedAt),
  };
}
