// Publishes without end, alone and in batches, several at once, until it is killed. Before each publish it writes
// `try <batch> <size>` to a file, and `done <batch>` once the publish has resolved.
import { openSync, writeSync } from 'node:fs';
import { openSqliteStore } from '@agentbus/sqlite';
import { draft } from './drafts.ts';

const [path = '', diary = '', name = ''] = process.argv.slice(2);
const file = openSync(diary, 'a');
const store = await openSqliteStore(path);

async function publish(batch: number): Promise<void> {
  const size = batch % 3 === 0 ? 1 : (batch * 7) % 90 || 1;
  writeSync(file, `try ${batch} ${size}\n`);
  const topic = batch % 4 === 0 ? `${name}.batch${batch % 40}` : 'jobs.a';
  await store.append(Array.from({ length: size }, (_, n) => draft(`${name}.${batch}.${n}`, { topic })));
  writeSync(file, `done ${batch}\n`);
}

for (let batch = 1; ; batch += 4) await Promise.all([0, 1, 2, 3].map((n) => publish(batch + n)));
