import type { Draft, MessageRecord, Store } from '@agentbus/core';
import { appendNew, findStored, isLetter } from './append-new.ts';
import { idTaken } from './compare.ts';
import { judgeEntry } from './judge-entry.ts';
import { letterDraft } from './letter-draft.ts';
import type { PlannedLetter } from './plan.ts';
import { quarantinedEntry } from './quarantine.ts';
import type { Rereader } from './reread.ts';
import type { SettledFor } from './subscriptions.ts';

/** What the second pass works with, and what it finds out. */
export interface Run {
  readonly store: Store;
  readonly files: Rereader;
  readonly settledFor: SettledFor;
  readonly stored: Set<string>;
  readonly refused: Map<string, string>;
}

const changed = 'the file changed while it was being imported; run the import again to take what it holds now';

/** Appends those letters of a batch that the store does not hold, and notes what became of the others. */
export async function appendLetters(batch: readonly PlannedLetter[], run: Run): Promise<void> {
  const known = await findStored(
    run.store,
    batch.map(({ id }) => id),
  );
  const drafts: Draft[] = [];
  for (const letter of batch) {
    const record = known.get(letter.id);
    if (record !== undefined && isLetter(record)) run.stored.add(letter.id);
    else {
      const draft = await composeDraft(letter, record, run);
      if (draft !== undefined) drafts.push(draft);
    }
  }
  for (const id of (await appendNew(run.store, drafts)).keys()) run.stored.add(id);
}

/** The letter as it is to be stored; or its bytes, if the id is `taken`; or nothing, if it is not there any more. */
async function composeDraft(
  planned: PlannedLetter,
  taken: MessageRecord | undefined,
  run: Run,
): Promise<Draft | undefined> {
  const found = await run.files.read(planned.path);
  const entry = found?.letters.get(planned.id);
  const judged = entry === undefined ? undefined : judgeEntry(entry);
  if (found === undefined || entry === undefined || judged?.kind !== 'letter') {
    run.refused.set(planned.id, changed);
    return undefined;
  }
  if (taken !== undefined) {
    const reason = idTaken(taken);
    run.refused.set(planned.id, reason);
    return quarantinedEntry(found, entry, reason);
  }
  return letterDraft(judged.letter, judged.topic, planned.acked ? run.settledFor(planned.recipient) : []);
}
