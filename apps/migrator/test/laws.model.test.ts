import { createMemoryStore } from '@agentbus/core';
import { counts, temporaryDirectory } from '@agentbus/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ImportSummary, importMailboxes, scanMailboxes, verifyImport } from '../src/index.ts';
import { randomTree } from './random-tree.ts';
import { fingerprint, writeTree } from './tree.ts';

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}

function expectLaws({ files, entries, states, mailboxes, formats, quarantine, ignoredFiles }: ImportSummary): void {
  expect(files.messages + files.ignored + files.quarantined + files.duplicates).toBe(files.total);
  expect(entries.imported + entries.duplicates + entries.quarantined).toBe(entries.total);
  expect(states.pending + states.acked).toBe(entries.imported);
  expect(sum(Object.values(mailboxes).map(({ pending }) => pending))).toBe(states.pending);
  expect(sum(Object.values(mailboxes).map(({ acked }) => acked))).toBe(states.acked);
  expect(sum(Object.values(formats))).toBe(entries.total);
  expect(quarantine).toHaveLength(entries.quarantined);
  expect(ignoredFiles).toHaveLength(files.ignored);
}

it('accounts for every file and entry of any tree, once, and can prove it', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, async (tree) => {
      await using directory = await temporaryDirectory();
      await writeTree(directory.path, tree);
      const before = await fingerprint(directory.path);
      const store = createMemoryStore();
      const scanned = await scanMailboxes(directory.path);
      const first = await importMailboxes(directory.path, store);
      const head = await store.head();
      const second = await importMailboxes(directory.path, store);
      const report = await verifyImport(directory.path, store);

      for (const summary of [scanned, first, second]) expectLaws(summary);
      expect(first.files.total).toBe(Object.keys(tree).length);
      expect(scanned.entries).toEqual(first.entries);
      expect(head).toBe(first.entries.imported + first.entries.quarantined);
      expect(await store.head()).toBe(head);
      expect(second.entries).toEqual({
        ...first.entries,
        imported: 0,
        duplicates: first.entries.imported + first.entries.duplicates,
      });
      expect(second.files).toMatchObject({ messages: 0, duplicates: first.files.messages + first.files.duplicates });
      expect(report.problems).toEqual([]);
      expect(report.entries).toEqual({
        total: first.entries.total,
        verified: first.entries.imported + first.entries.duplicates,
        quarantined: first.entries.quarantined,
        missing: 0,
        altered: 0,
      });
      expect(await fingerprint(directory.path)).toEqual(before);
    }),
    { numRuns: counts(150, 3000) },
  );
});
