// Publishes one message and dies between the commit and the reply.
import { openSqliteStore } from '@agentbus/sqlite';
import { draft } from './drafts.ts';
import { afterEachStatement } from './statements.ts';

const [path = '', id = '', deliverAt = ''] = process.argv.slice(2);
let armed = false;
afterEachStatement((sql) => {
  if (armed && sql === 'COMMIT') process.kill(process.pid, 'SIGKILL');
});
const store = await openSqliteStore(path);
armed = true;
await store.append([draft(id, deliverAt === '' ? {} : { deliverAt: Number(deliverAt) })]);
process.send?.('resolved');
