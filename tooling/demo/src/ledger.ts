import type { StoreStats } from '@agentbus/core';
import type { MetricsSnapshot } from '@agentbus/metrics';
import type { AgentOrders } from './agent-orders.ts';
import type { ImportSummary } from './mailbox-import.ts';
import { wakeUpsEach } from './wake-ups.ts';

/** What was found in the books of one subscription that an agent worked. */
export interface Account {
  readonly subscription: string;
  readonly owed: number;
  readonly wakeUps: number;
  readonly acked: number;
  readonly retried: number;
  readonly dead: number;
  /** Owed and not settled yet. */
  readonly open: number;
}

/** An agent's part and what it counted. */
export interface Played {
  readonly orders: AgentOrders;
  readonly metrics: MetricsSnapshot;
}

/** The books of the subscriptions that were worked. */
export function openBooks(played: readonly Played[], stats: StoreStats): Account[] {
  return played.flatMap(({ orders, metrics }) =>
    orders.subscriptions.map(({ name, owed }, index) => {
      const counted = metrics.subscriptions.find((row) => row.name === name);
      const stored = stats.subscriptions.find((row) => row.name === name);
      return {
        subscription: name,
        owed,
        wakeUps: index === 0 ? wakeUpsEach : 0,
        acked: counted?.acked ?? 0,
        retried: counted?.nacked ?? 0,
        dead: stored?.dead ?? 0,
        open: stored === undefined ? 0 : stored.ready + stored.scheduled + stored.leased,
      };
    }),
  );
}

/**
 * The conservation laws: nothing that was found may be missing, nothing may be there twice. Gives each one that does
 * not hold, in words.
 */
export function audit(
  summary: ImportSummary,
  before: StoreStats,
  after: StoreStats,
  played: readonly Played[],
): readonly string[] {
  const faults: string[] = [];
  const same = (what: string, expected: number, found: number): void => {
    if (found !== expected) faults.push(`${what}: expected ${expected}, found ${found}`);
  };
  const { files, entries, states } = summary;
  same('files by fate', files.total, files.messages + files.ignored + files.quarantined + files.duplicates);
  same('entries by fate', entries.total, entries.imported + entries.duplicates + entries.quarantined);
  same('letters by state', entries.imported, states.pending + states.acked);
  const letters = before.topics.filter(({ topic }) => topic.startsWith('agents.'));
  same('letters on the bus after the import', entries.imported, sum(letters.map(({ messages }) => messages)));
  const worked = new Set<string>();
  for (const account of openBooks(played, after)) {
    const { subscription, owed, wakeUps, acked, dead, open } = account;
    worked.add(subscription);
    same(`deliveries of "${subscription}"`, owed + wakeUps, acked + dead + open);
    same(`deliveries of "${subscription}" that are still open`, 0, open);
  }
  for (const { orders, metrics } of played) {
    const [inbox] = orders.subscriptions;
    const planned = orders.givesUpOn > 0 ? 1 : 0;
    same(
      `dead letters of "${inbox?.name}"`,
      planned,
      after.subscriptions.find((row) => row.name === inbox?.name)?.dead ?? 0,
    );
    same(`retries of "${orders.agent}"`, (orders.stumblesOn > 0 ? 2 : 0) + 2 * planned, metrics.totals.nacked);
    same(`store errors of "${orders.agent}"`, 0, metrics.totals.storeErrors);
    same(`lost leases of "${orders.agent}"`, 0, metrics.totals.leasesLost);
  }
  for (const { name, ready } of before.subscriptions) {
    if (worked.has(name)) continue;
    same(`letters that wait for "${name}"`, ready, after.subscriptions.find((row) => row.name === name)?.ready ?? 0);
  }
  return faults;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
