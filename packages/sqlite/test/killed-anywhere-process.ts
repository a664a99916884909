// Lives through a story of publishing, delaying, claiming, settling, redriving and renewing, and dies after so many
// statements; without a number it lives on and tells how many there were.
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { draft, drafts } from './drafts.ts';
import { afterEachStatement } from './statements.ts';
import { claim, subscribe } from './working.ts';

const [path = '', deathAt = ''] = process.argv.slice(2);
let armed = false;
let executed = 0;
afterEachStatement(() => {
  if (!armed) return;
  executed += 1;
  if (executed === Number(deathAt)) process.kill(process.pid, 'SIGKILL');
});
const store = await openSqliteStore(path);
await subscribe(store, 'worker', 'jobs.>');
await subscribe(store, 'auditor');
armed = true;

const outcomes: readonly Outcome[] = [
  { kind: 'ack' },
  { kind: 'retry', delayMs: 0, reason: 'again' },
  { kind: 'dead', reason: 'hopeless' },
  { kind: 'release' },
];
await store.append(drafts('batch', 5));
await store.append([
  draft('late-1', { topic: 'jobs.late', deliverAt: Date.now() + 1 }),
  draft('late-2', { topic: 'jobs.late', deliverAt: Date.now() + 1 }),
]);
await store.append([draft('history', { topic: 'jobs.new', settledFor: ['worker'], priority: 'urgent' })]);
await delay(5);
for (let round = 0; round < 3; round += 1) {
  // So short a lease that whoever comes after the death can go on at once.
  const { lease } = await claim(store, 'worker', { leaseMs: 100 });
  if (lease === undefined) break;
  for (const { seq } of lease.deliveries.slice(0, 2)) store.markStarted(lease.token, seq);
  await store.renew(lease.token, 100);
  const [first, ...rest] = lease.deliveries.map(({ seq }, n) => ({
    token: lease.token,
    seq,
    outcome: outcomes[n % outcomes.length] ?? { kind: 'ack' },
  }));
  if (first !== undefined) await Promise.all([store.settle([first]), store.append(drafts(`beside-${round}`, 2))]);
  await store.settle(rest.slice(round));
  await store.resolveDead('worker', round === 1 ? 'discard' : 'redrive', { limit: 1 });
}
armed = false;
await store.close();
process.send?.(executed);
process.disconnect();
