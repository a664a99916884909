// A consumer in a process of its own. It appends a line to its effects file for each start, so that what it did outlives
// it. Arguments: the database, the effects file, the options as JSON.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openBus } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { consume, deadLetter } from '../src/index.ts';
import type { Job, WorkerOptions } from './worker.ts';

const [database = '', effects = '', json = '{}'] = process.argv.slice(2);
const { consume: options, source }: WorkerOptions = JSON.parse(json);
const bus = await openBus({ store: await openSqliteStore(database), source });
const consumer = await consume<Job>(bus, options, async ({ message: { id, payload } }) => {
  appendFileSync(effects, `${id}\n`);
  if (payload.poison === 'at once') process.kill(process.pid, 'SIGKILL');
  if (payload.takesMs !== undefined) await delay(payload.takesMs);
  if (payload.poison === 'after a while') process.kill(process.pid, 'SIGKILL');
  return payload.hopeless === true ? deadLetter('hopeless') : undefined;
});
process.once('SIGTERM', () => void bus.close());
process.stdout.write('ready\n');
await consumer.closed;
