import type { Draft } from '@agentbus/core';
import type { Run } from './append-letters.ts';
import { appendNew, findStored } from './append-new.ts';
import type { PlannedQuarantine } from './plan.ts';
import { quarantineDraft, quarantinedEntry } from './quarantine.ts';

/** Puts those bytes of a batch on the bus that are not there yet. */
export async function keepQuarantined(batch: readonly PlannedQuarantine[], run: Run): Promise<void> {
  const known = await findStored(
    run.store,
    batch.map(({ id }) => id),
  );
  const drafts: Draft[] = [];
  for (const planned of batch) {
    if (known.has(planned.id)) continue;
    const draft = await composeQuarantine(planned, run);
    if (draft !== undefined) drafts.push(draft);
  }
  await appendNew(run.store, drafts);
}

async function composeQuarantine(planned: PlannedQuarantine, run: Run): Promise<Draft | undefined> {
  const { path, reason, id } = planned;
  if (planned.entry === undefined) return quarantineDraft({ path, reason, bytes: new Uint8Array(), modifiedAt: 0 });
  const found = await run.files.read(path);
  const entry = found?.reading.kind === 'read' ? found.reading.entries[planned.entry] : undefined;
  if (found === undefined || entry === undefined) return undefined;
  const draft = quarantinedEntry(found, entry, reason);
  // Bytes that have changed since the first pass may be a letter by now: the next run will see.
  return draft.id === id ? draft : undefined;
}
