// The consumer process of the wake-up benchmark: reports when each handler starts, and on request what waiting costs.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openBus, systemClock } from '@agentbus/core';
import { consume } from '@agentbus/delivery';
import { openSqliteStore } from '@agentbus/sqlite';
import { report } from './partner.ts';
import { topic } from './payload.ts';

const [path = ''] = process.argv.slice(2);
const bus = await openBus({ store: await openSqliteStore(path) });
await consume(bus, { name: 'worker', pattern: topic }, () => {
  report(systemClock.monotonic());
});
process.on('message', async (milliseconds) => {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await delay(Number(milliseconds));
  const { user, system } = process.cpuUsage(before);
  report((user + system) / 1000 / (performance.now() - startedAt));
});
report();
await once(process, 'disconnect');
await bus.close();
