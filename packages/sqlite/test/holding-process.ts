// Claims two leases, starts what it is told of each, settles what it is told of the first, and lies down to be killed.
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { claim } from './working.ts';

const [path = '', sizes = '', started = '', settled = ''] = process.argv.slice(2);
const store = await openSqliteStore(path);
const isNamed = (list: string, id: string): boolean => list.split(',').includes(id);
const leases: Lease[] = [];
for (const limit of sizes.split(',').map(Number)) {
  const { lease } = await claim(store, 'worker', { limit, leaseMs: 200 });
  if (lease !== undefined) leases.push(lease);
}
for (const { token, deliveries } of leases) {
  for (const { seq, record } of deliveries) if (isNamed(started, record.id)) store.markStarted(token, seq);
}
await store.settle(
  leases.flatMap(({ token, deliveries }) =>
    deliveries
      .filter(({ record }) => isNamed(settled, record.id))
      .map(({ seq }) => ({ token, seq, outcome: { kind: 'ack' } as const })),
  ),
);
process.send?.('holding');
await delay(600_000);
