// A publisher in a process of its own, until it is killed. It appends each id to a file once its publish has resolved.
// Arguments: the database, the file of ids, the topic, a prefix for ids.
import { appendFileSync } from 'node:fs';
import { openBus } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import type { Job } from './worker.ts';

const [database = '', resolved = '', topic = '', prefix = ''] = process.argv.slice(2);
const bus = await openBus({ store: await openSqliteStore(database) });
process.stdout.write('ready\n');
for (let count = 0; ; count += 5) {
  const batch = [0, 1, 2, 3, 4].map((n) => {
    const payload: Job = { takesMs: (count + n) % 4, hopeless: (count + n) % 50 === 0 };
    return { id: `${prefix}-${count + n}`, topic, payload };
  });
  await bus.publishAll(batch);
  appendFileSync(resolved, batch.map(({ id }) => `${id}\n`).join(''));
}
