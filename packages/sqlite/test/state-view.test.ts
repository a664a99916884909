import { createTestClock } from '@agentbus/conformance';
import { temporaryDirectory } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { draft, drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, lease, leaseMs, subscribe } from './working.ts';

interface StateRow {
  readonly id: string;
  readonly state: string;
  readonly failed_attempts: number;
  readonly reason: string | null;
}

function readStates(path: string, subscription: string): Record<string, string> {
  const connection = new Database(path, { readonly: true });
  const rows = connection
    .prepare<[string], StateRow>('SELECT * FROM agentbus_state WHERE subscription = ? ORDER BY seq')
    .all(subscription);
  connection.close();
  return Object.fromEntries(
    rows.map(({ id, state, failed_attempts: failed, reason }) => [
      id,
      [state, ...(failed > 0 ? [failed] : []), ...(reason === null ? [] : [reason])].join(' '),
    ]),
  );
}

it('the view agentbus_state tells people where every message of every subscription stands', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('bus.db');
  const clock = createTestClock();
  await using store = await openStore(path, { clock });
  await store.append([draft('too-early')]);
  await subscribe(store, 'worker', 'jobs.>');
  await store.openSubscription({ name: 'newcomer', pattern: '>', from: 'new', settings: {} });
  expect(readStates(path, 'worker')).toEqual({ 'too-early': 'pending' });
  expect(readStates(path, 'newcomer')).toEqual({});

  await store.append([
    ...drafts('m', 7),
    draft('brief', { expiresAt: clock.now() + 1 }),
    draft('history', { settledFor: ['worker'] }),
    draft('urgent', { priority: 'urgent' }),
    draft('elsewhere', { topic: 'chores' }),
    draft('delayed', { deliverAt: clock.now() + 60_000 }),
  ]);
  await clock.advance(1);
  const held = await lease(store, 'worker', { limit: 6 });
  const seqOf = (id: string): number => held.deliveries.find(({ record }) => record.id === id)?.seq ?? 0;
  const settle = (id: string, outcome: Parameters<typeof store.settle>[0][number]['outcome']) =>
    store.settle([{ token: held.token, seq: seqOf(id), outcome }]);
  expect(await settle('urgent', { kind: 'ack' })).toEqual(['ok']);
  expect(await settle('too-early', { kind: 'retry', delayMs: 5_000, reason: "it's busy" })).toEqual(['ok']);
  expect(await settle('m-1', { kind: 'dead', reason: 'hopeless', detail: 'x' })).toEqual(['ok']);
  expect(await settle('m-2', { kind: 'release' })).toEqual(['ok']);
  const untilThen = {
    'too-early': 'nacked 1',
    'm-1': 'dead hopeless',
    'm-2': 'pending',
    'm-3': 'in flight',
    'm-4': 'in flight',
    'm-5': 'pending',
    'm-6': 'pending',
    'm-7': 'pending',
    brief: 'pending',
    history: 'acked',
    urgent: 'acked',
  };
  expect(readStates(path, 'worker')).toEqual(untilThen);
  expect(auditFile(path)).toEqual([]);

  // m-3 was running when its lease ran out; m-4 was not.
  store.markStarted(held.token, seqOf('m-3'));
  await clock.advance(leaseMs);
  const suspect = await lease(store, 'worker');
  expect(readStates(path, 'worker')).toEqual({ ...untilThen, 'm-3': 'in flight 1', 'm-4': 'pending' });
  await store.settle([{ token: suspect.token, seq: seqOf('m-3'), outcome: { kind: 'ack' } }]);
  const rest = await lease(store, 'worker');
  expect(readStates(path, 'worker')).toEqual({
    'too-early': 'in flight 1',
    'm-1': 'dead hopeless',
    'm-2': 'in flight',
    'm-3': 'acked',
    'm-4': 'in flight',
    'm-5': 'in flight',
    'm-6': 'in flight',
    'm-7': 'in flight',
    brief: 'expired',
    history: 'acked',
    urgent: 'acked',
  });
  for (const { seq } of rest.deliveries) await store.settle([{ token: rest.token, seq, outcome: { kind: 'ack' } }]);
  await store.resolveDead('worker', 'redrive', {});
  expect(readStates(path, 'worker')).toMatchObject({ 'm-1': 'pending', 'm-7': 'acked' });

  await clock.advance(60_000);
  expect(readStates(path, 'worker')).toMatchObject({ delayed: 'pending' });
  // The newcomer is owed all that came after it, whatever the topic, and nothing from before.
  expect(Object.keys(readStates(path, 'newcomer'))).not.toContain('too-early');
  expect(readStates(path, 'newcomer')).toMatchObject({ 'm-1': 'pending', elsewhere: 'pending', history: 'pending' });
  await claim(store, 'newcomer');
  expect(readStates(path, 'newcomer')).toMatchObject({ 'm-1': 'in flight', brief: 'expired' });
  expect(auditFile(path)).toEqual([]);
});
