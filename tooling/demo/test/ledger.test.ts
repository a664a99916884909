import { createMemoryStore, openBus, type StoreStats } from '@agentbus/core';
import { collectMetrics } from '@agentbus/metrics';
import { describe, expect, test } from 'vitest';
import { castAgents } from '../src/cast.ts';
import { audit, type Played } from '../src/ledger.ts';
import type { ImportSummary } from '../src/mailbox-import.ts';
import { wakeUpsEach } from '../src/wake-ups.ts';

const summary: ImportSummary = {
  root: '/mail',
  files: { total: 3, messages: 2, ignored: 1, quarantined: 0, duplicates: 0 },
  entries: { total: 2, imported: 2, duplicates: 0, quarantined: 0 },
  states: { pending: 2, acked: 0 },
  formats: { json: 2 },
  mailboxes: { planner: { pending: 2, acked: 0 } },
  recovered: 0,
  quarantine: [],
  elapsedMs: 1,
};

/** A bus on which the planner was owed two letters, acked one after two retries, and gave the other up. */
async function perform(): Promise<{ before: StoreStats; after: StoreStats; played: Played }> {
  await using bus = await openBus({ store: createMemoryStore() });
  const topic = 'agents.planner.inbox';
  await bus.store.openSubscription({ name: 'planner', pattern: topic, from: 'all', settings: {} });
  await bus.publishAll([1, 2].map((payload) => ({ topic, payload })));
  const before = await bus.store.stats();
  const [orders] = castAgents(before.subscriptions, 'memory:');
  if (orders === undefined) throw new Error('Nobody plays.');
  using metrics = collectMetrics(bus);
  const subject = { messageId: 'm', topic, correlationId: 'm', subscription: 'planner', consumer: 'c', attempt: 1 };
  for (let index = 0; index < wakeUpsEach + 1; index += 1) {
    bus.emit({ type: 'ack', processingMs: 1, settlingMs: 1, ...subject });
  }
  for (let index = 0; index < 4; index += 1) {
    bus.emit({ type: 'nack', processingMs: 1, delayMs: 1, reason: 'busy', ...subject });
  }
  const { lease } = await bus.store.claim({
    subscription: 'planner',
    consumer: 'c',
    limit: 2,
    leaseMs: 9_999,
    idle: true,
  });
  const [first, second] = lease?.deliveries ?? [];
  await bus.store.settle([
    { token: lease?.token ?? '', seq: first?.seq ?? 0, outcome: { kind: 'ack' } },
    { token: lease?.token ?? '', seq: second?.seq ?? 0, outcome: { kind: 'dead', reason: 'poison' } },
  ]);
  return { before, after: await bus.store.stats(), played: { orders, metrics: metrics.snapshot() } };
}

describe('audit', () => {
  test('finds nothing when every letter is where it must be', async () => {
    const { before, after, played } = await perform();
    expect(audit(summary, before, after, [played])).toEqual([]);
  });

  test('notices a letter that the import lost', async () => {
    const { before, after, played } = await perform();
    const more = {
      ...summary,
      entries: { ...summary.entries, total: 3, imported: 3 },
      states: { pending: 3, acked: 0 },
    };
    expect(audit(more, before, after, [played])).toEqual(['letters on the bus after the import: expected 3, found 2']);
  });

  test('notices a delivery that was acked twice, or never', async () => {
    const { before, after, played } = await perform();
    for (const by of [1, -1]) {
      const subscriptions = played.metrics.subscriptions.map((row) => ({ ...row, acked: row.acked + by }));
      const faults = audit(summary, before, after, [{ ...played, metrics: { ...played.metrics, subscriptions } }]);
      expect(faults).toEqual([`deliveries of "planner": expected 27, found ${27 + by}`]);
    }
  });

  test('notices a delivery that nobody settled, and a dead letter that vanished', async () => {
    const { before, after, played } = await perform();
    const subscriptions = after.subscriptions.map((row) => ({ ...row, leased: 1, dead: 0 }));
    expect(audit(summary, before, { ...after, subscriptions }, [played])).toEqual([
      'deliveries of "planner" that are still open: expected 0, found 1',
      'dead letters of "planner": expected 1, found 0',
    ]);
  });

  test('notices figures of the import that do not add up', async () => {
    const { before, after, played } = await perform();
    const wrong = { ...summary, files: { ...summary.files, total: 4 } };
    expect(audit(wrong, before, after, [played])).toEqual(['files by fate: expected 4, found 3']);
  });
});
