import assert from 'node:assert/strict';
import { type Draft, matches, type SubscriptionStats } from '@agentbus/core';
import { createLedgerSubscription, type Instant, type LedgerSubscription } from './ledger-subscription.ts';

/** What a store must hold, whoever it is. */
export interface Ledger {
  /** The subscriptions that are open. */
  readonly subscriptions: ReadonlyMap<string, LedgerSubscription>;
  /** Everything that was ever tried to be published, the refused included. */
  readonly drafts: readonly Draft[];
  /** What `append` must answer: which drafts are duplicates, or the code of its refusal. */
  publish(drafts: readonly Draft[], now: Instant): readonly boolean[] | string;
  /** Lets what is due join the log. To be called after every move of the clock. */
  promote(now: Instant): void;
  /** When the next delayed message is due, by wall clock. */
  nextDelayedAt(): number | undefined;
  /** Opens a subscription that is to begin after so many messages of the log; says what the store must answer. */
  open(name: string, pattern: string, after: number): 'opened' | 'confirmed' | 'config_conflict';
  remove(name: string): boolean;
  /** The ids of the log in order. */
  log(): readonly string[];
  /** Asserts that these are the figures of the subscriptions that are open. */
  auditFigures(stats: readonly SubscriptionStats[], now: Instant): void;
}

/** Makes an empty ledger. */
export function createLedger(): Ledger {
  const known = new Map<string, Draft>();
  const drafts: Draft[] = [];
  const log: Draft[] = [];
  let delayed: Draft[] = [];
  const subscriptions = new Map<string, LedgerSubscription>();

  function place(draft: Draft): void {
    log.push(draft);
    for (const subscription of subscriptions.values()) subscription.add(draft);
  }

  return {
    subscriptions,
    drafts,
    publish(batch, now) {
      drafts.push(...batch);
      const names = batch.flatMap(({ settledFor = [] }) => settledFor);
      if (names.some((name) => !subscriptions.has(name))) return 'unknown_subscription';
      const fresh = new Map<string, Draft>();
      const duplicates: boolean[] = [];
      for (const draft of batch) {
        const before = known.get(draft.id) ?? fresh.get(draft.id);
        if (before !== undefined && before.body !== draft.body) return 'id_conflict';
        duplicates.push(before !== undefined);
        if (before === undefined) fresh.set(draft.id, draft);
      }
      for (const draft of fresh.values()) {
        known.set(draft.id, draft);
        if (draft.deliverAt !== undefined && draft.deliverAt > now.wall) delayed.push(draft);
        else place(draft);
      }
      return duplicates;
    },
    promote(now) {
      const due = delayed.filter(({ deliverAt = 0 }) => deliverAt <= now.wall);
      delayed = delayed.filter((draft) => !due.includes(draft));
      for (const draft of due.sort((a, b) => (a.deliverAt ?? 0) - (b.deliverAt ?? 0))) place(draft);
    },
    nextDelayedAt() {
      return delayed.length === 0 ? undefined : Math.min(...delayed.map(({ deliverAt = 0 }) => deliverAt));
    },
    open(name, pattern, after) {
      const standing = subscriptions.get(name);
      if (standing !== undefined) return standing.pattern === pattern ? 'confirmed' : 'config_conflict';
      const subscription = createLedgerSubscription(name, pattern);
      // What was settled for a subscription of this name was settled for the one that existed then.
      for (const { settledFor: _, ...draft } of log.slice(after)) subscription.add(draft);
      subscriptions.set(name, subscription);
      return 'opened';
    },
    remove: (name) => subscriptions.delete(name),
    log: () => log.map(({ id }) => id),
    auditFigures(stats, now) {
      assert.deepEqual(stats.map(({ name }) => name).sort(), [...subscriptions.keys()].sort(), 'what is open');
      for (const { name, pattern, ready, scheduled, leased, acked, dead, expired, discarded } of stats) {
        const figures = subscriptions.get(name)?.figures(now) ?? { scheduled: 0 };
        const aside = delayed.filter(({ topic }) => matches(pattern, topic)).length;
        const told = { ready, scheduled, leased, acked, dead, expired, discarded };
        assert.deepEqual(told, { ...figures, scheduled: figures.scheduled + aside }, `the figures of "${name}"`);
      }
    },
  };
}
