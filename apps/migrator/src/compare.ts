import type { MessageRecord, Store } from '@agentbus/core';
import { findStored, isLetter } from './append-new.ts';
import { batches } from './batches.ts';
import type { Plan } from './plan.ts';
import type { Outcome } from './summary.ts';

/** Says how the letters of a plan would fare against a store, without writing to it. */
export async function comparePlan(plan: Plan, store: Store): Promise<Outcome> {
  const stored = new Set<string>();
  const refused = new Map<string, string>();
  for (const batch of batches(plan.letters)) {
    const found = await findStored(
      store,
      batch.map(({ id }) => id),
    );
    for (const [id, record] of found) {
      if (isLetter(record)) stored.add(id);
      else refused.set(id, idTaken(record));
    }
  }
  return { stored, refused };
}

/** Why a letter cannot be published: its id was chosen by somebody for another message. */
export function idTaken({ id, topic }: MessageRecord): string {
  return `another message, on topic "${topic}", has its id ${id}`;
}
