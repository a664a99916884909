// The publisher process of the wake-up benchmark: publishes on request, and reports when it began and when it was done.
import { once } from 'node:events';
import { openBus, systemClock } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { report } from './partner.ts';
import { payload, topic } from './payload.ts';

const [path = ''] = process.argv.slice(2);
const bus = await openBus({ store: await openSqliteStore(path) });
process.on('message', async () => {
  const calledAt = systemClock.monotonic();
  await bus.publish(topic, payload);
  report(calledAt, systemClock.monotonic());
});
report();
await once(process, 'disconnect');
await bus.close();
