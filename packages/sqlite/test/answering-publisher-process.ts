// Publishes what it is told: an array of drafts, or the word for a burst.
import { openSqliteStore } from '@agentbus/sqlite';
import { answer } from './child.ts';
import { draft } from './drafts.ts';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore(path);
answer(async (ids) => {
  if (!Array.isArray(ids)) return 'nothing to do';
  for (const id of ids) await store.append([draft(String(id))]);
  return 'done';
});
process.send?.('open');
