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

  /** Settles what belongs to one lease, and writes the lease once. */
  function settleLease(token: string, settlements: readonly Settlement[]): Map<Settlement, SettleResult> {
    const results = new Map<Settlement, SettleResult>(settlements.map((settlement) => [settlement, 'stale']));
    const lease = leases.find(token, clock.now());
    if (lease === undefined) return results;
    const open = new Map(lease.items.map((item) => [item.seq, item]));
    const counts: Counts = { acked: 0, waiting: 0, dead: 0 };
    for (const settlement of settlements) {
      const item = open.get(settlement.seq);
      if (item === undefined) continue;
      open.delete(settlement.seq);
      results.set(settlement, 'ok');
      const wasStarted = (): boolean => readStarts(directory, lease.startsFile, lease.startsSlot)(item.position);
      conclude(lease.subscription, item, settlement.outcome, wasStarted, counts);
    }
    leases.keep(lease, [...open.values()]);
    subscriptions.change(lease.subscription, { ...counts, leased: open.size - lease.items.length });
    return results;
  }

  return (settlements) => {
    const byToken = new Map<string, Settlement[]>();
    for (const settlement of settlements) {
      const group = byToken.get(settlement.token);
      if (group === undefined) byToken.set(settlement.token, [settlement]);
      else group.push(settlement);
    }
    const results = new Map([...byToken].flatMap(([token, group]) => [...settleLease(token, group)]));
    return settlements.map((settlement) => results.get(settlement) ?? 'stale');
  };
}
