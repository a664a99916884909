import { BusError, type Store } from '@agentbus/core';
import { findStored } from './append-new.ts';
import { batches } from './batches.ts';
import { inboxOf } from './mailbox.ts';
import type { Plan } from './plan.ts';

/**
 * Rejects with `invalid_option` when the store holds nothing of the tree. Every import begins by opening its agents'
 * subscriptions, so one that got anywhere has left at least one behind.
 */
export async function assertResumable(plan: Plan, root: string, store: Store): Promise<void> {
  const { subscriptions } = await store.stats();
  const names = new Set(subscriptions.map(({ name }) => name));
  if (plan.agents.some((agent) => names.has(inboxOf(agent).name))) return;
  for (const batch of batches([...plan.letters, ...plan.quarantined])) {
    const found = await findStored(
      store,
      batch.map(({ id }) => id),
    );
    if (found.size > 0) return;
  }
  throw new BusError(
    'invalid_option',
    `There is nothing to resume: the store ${store.url} holds nothing of ${JSON.stringify(root)}. ` +
      'Name the store of the import that did not finish, or leave --resume out to begin one.',
  );
}
