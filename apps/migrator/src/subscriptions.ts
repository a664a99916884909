import type { Store } from '@agentbus/core';
import { broadcastOf, broadcastRecipient, broadcastTopic, inboxOf } from './mailbox.ts';

/** Names the subscriptions to which a processed letter for `recipient` is history. */
export type SettledFor = (recipient: string) => readonly string[];

/**
 * Makes the two subscriptions of every agent durable, before any letter is appended, so that what is pending is owed
 * from the first commit on and a run that dies half way leaves nothing unowed.
 *
 * They are opened without settings: those are for the agent's own consumers to decide when they first come.
 *
 * Rejects with `config_conflict` when one of the names is taken by a subscription on something else.
 */
export async function openAgentSubscriptions(store: Store, agents: readonly string[]): Promise<SettledFor> {
  for (const agent of agents) {
    for (const { name, pattern } of [inboxOf(agent), broadcastOf(agent)]) {
      await store.openSubscription({ name, pattern, from: 'all', settings: {} });
    }
  }
  // Agents that other imports or consumers brought hear what is sent to all too, and need no old letters either.
  const { subscriptions } = await store.stats();
  const everybody = subscriptions.filter(({ pattern }) => pattern === broadcastTopic).map(({ name }) => name);
  return (recipient) => (recipient === broadcastRecipient ? everybody : [inboxOf(recipient).name]);
}
