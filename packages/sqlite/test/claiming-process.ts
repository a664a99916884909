// Claims and acks: on `one` a single message, on `rest` until nothing is left. Tells the ids.
import { openSqliteStore } from '@agentbus/sqlite';
import { answer } from './child.ts';
import { claim, idsOf, settle } from './working.ts';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore(path);

async function work(limit: number): Promise<string[] | undefined> {
  const { lease } = await claim(store, 'worker', { limit });
  if (lease === undefined) return undefined;
  const results = await settle(store, lease);
  return results.includes('stale') ? ['stale'] : idsOf(lease);
}

answer(async (verb) => {
  if (verb === 'one') return work(1);
  const ids: string[] = [];
  for (let turn = 0; ; turn += 1) {
    const some = await work(1 + (turn % 60));
    if (some === undefined) return ids;
    ids.push(...some);
  }
});
process.send?.('open');
