import { type Outcome, remember, type Settlement, type SettleResult } from '@agentbus/core';
import type { Connection } from './connection.ts';
import type { LeaseItem } from './lease-items.ts';
import type { Leases } from './leases.ts';
import { readStarts } from './starts-file.ts';
import type { StoreClock } from './store-clock.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Waiting } from './waiting.ts';

/** What settling is made of. */
export interface SettlingParts {
  readonly connection: Connection;
  readonly clock: StoreClock;
  readonly subscriptions: Subscriptions;
  readonly leases: Leases;
  readonly waiting: Waiting;
  readonly directory: string;
}

/** Settles deliveries; only inside a write transaction. */
export type Settle = (settlements: readonly Settlement[]) => readonly SettleResult[];

/** A settlement with its place in the call. */
type Numbered = readonly [index: number, settlement: Settlement];

type Counts = { acked: number; waiting: number; dead: number };

/** Prepares the statements. */
export function createSettling({
  connection,
  clock,
  subscriptions,
  leases,
  waiting,
  directory,
}: SettlingParts): Settle {
  const bury = connection.prepare<[number, number, number, number, string, string, string | null, number]>(
    'INSERT INTO agentbus_exceptions (subscription, seq, state, starts, redrives, failures, reason, detail, died_at) VALUES (?, ?, 3, ?, ?, ?, ?, ?, ?)',
  );

  function conclude(
    subscription: number,
    item: LeaseItem,
    outcome: Outcome,
    wasStarted: () => boolean,
    counts: Counts,
  ): void {
    const { seq, starts, redrives, suspect, failures } = item;
    if (outcome.kind === 'ack') {
      counts.acked += 1;
      return;
    }
    if (outcome.kind === 'release') {
      counts.waiting += 1;
      waiting.put(subscription, { seq, suspect, due: 0, starts, redrives, failures });
      return;
    }
    const charged = {
      starts: starts + 1,
      failures: remember(failures, { attempt: starts + 1, at: clock.wall(), reason: outcome.reason }),
    };
    if (outcome.kind === 'retry') {
      counts.waiting += 1;
      const due = outcome.delayMs <= 0 ? 0 : clock.now() + outcome.delayMs;
      waiting.put(subscription, { seq, suspect: false, due, redrives, ...charged });
      return;
    }
    counts.dead += 1;
    const final = wasStarted() ? charged : { starts, failures };
    bury.run(
      subscription,
      seq,
      final.starts,
      redrives,
      JSON.stringify(final.failures),
      outcome.reason,
      outcome.detail ?? null,
      clock.wall(),
    );
  }

  /** Settles what belongs to one lease, and writes the lease once. Notes in `results` what took effect. */
  function settleLease(token: string, group: readonly Numbered[], results: SettleResult[]): void {
    const lease = leases.find(token, clock.now());
    if (lease === undefined) return;
    const open = new Map(lease.items.map((item) => [item.seq, item]));
    const counts: Counts = { acked: 0, waiting: 0, dead: 0 };
    for (const [index, { seq, outcome }] of group) {
      const item = open.get(seq);
      if (item === undefined) continue;
      open.delete(seq);
      results[index] = 'ok';
      const wasStarted = (): boolean => readStarts(directory, lease.startsFile, lease.startsSlot)(item.position);
      conclude(lease.subscription, item, outcome, wasStarted, counts);
    }
    leases.keep(lease, [...open.values()]);
    subscriptions.change(lease.subscription, { ...counts, leased: open.size - lease.items.length });
  }

  return (settlements) => {
    const byToken = new Map<string, Numbered[]>();
    for (const numbered of settlements.entries()) {
      const { token } = numbered[1];
      const group = byToken.get(token);
      if (group === undefined) byToken.set(token, [numbered]);
      else group.push(numbered);
    }
    const results = settlements.map((): SettleResult => 'stale');
    for (const [token, group] of byToken) settleLease(token, group, results);
    return results;
  };
}
