import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { openSqliteStore } from '@agentbus/sqlite';
import { counts, spawnTypeScript, temporaryDirectory, until } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { importMailboxes, verifyImport } from '../src/index.ts';
import { letter, type Tree, writeTree } from './tree.ts';

const letters = 3_000;

/** A few agents, mail in arrays and in files, some of it processed, and one file that cannot be read. */
function manyLetters(): Tree {
  const lists: Record<string, object[]> = {};
  const files: Record<string, object> = {};
  for (let number = 0; number < letters; number += 1) {
    const agent = `agent-${number % 3}`;
    const isFile = number % 10 === 0;
    const one = letter((number * 7919) % letters, { status: number % 5 === 0 ? 'done' : 'pending' });
    if (isFile) files[`${agent}/inbox/${number}.json`] = one;
    else lists[`${agent}/inbox.json`] = [...(lists[`${agent}/inbox.json`] ?? []), one];
  }
  return { ...lists, ...files, 'agent-0/inbox/bad.json': '{"body": "cut off in the mid' };
}

function storedMessages(file: string): number {
  if (!existsSync(file)) return 0;
  const database = new Database(file, { readonly: true });
  try {
    return Number(database.prepare('SELECT count(*) FROM agentbus_messages').pluck().get());
  } catch {
    // The tables are just being made.
    return 0;
  } finally {
    database.close();
  }
}

it('loses nothing and adds nothing twice, however often the import is killed', async () => {
  await using directory = await temporaryDirectory();
  const [root, file] = [directory.join('mail'), directory.join('bus.db')];
  await writeTree(root, manyLetters());
  const command = new URL('../src/main.ts', import.meta.url);
  const kills = counts(3, 20);
  for (let kill = 0; kill < kills; kill += 1) {
    const before = storedMessages(file);
    const child = spawnTypeScript(command, ['import', root, '--store', `sqlite:${file}`], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const wanted = Math.min(before + 1, letters);
    await until(() => child.exitCode !== null || storedMessages(file) >= wanted, 'the import has got further');
    child.kill('SIGKILL');
    await ended;
  }
  const reached = storedMessages(file);
  expect(reached).toBeGreaterThan(0);

  const store = await openSqliteStore(file);
  try {
    const { entries, states } = await importMailboxes(root, store, { resume: true });
    const stored = await store.read({ pattern: 'agents.>', limit: letters + 1 });
    expect(new Set(stored.map(({ record }) => record.id)).size).toBe(letters);
    expect(entries).toMatchObject({ total: letters + 1, quarantined: 1 });
    expect(entries.imported + Math.min(reached, letters)).toBe(letters);
    expect(states.pending + states.acked).toBe(entries.imported);
    for (const agent of ['agent-0', 'agent-1', 'agent-2']) {
      const times = stored.flatMap(({ record }) =>
        record.topic === `agents.${agent}.inbox` ? [record.publishedAt] : [],
      );
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
    const { subscriptions } = await store.stats();
    const ready = subscriptions.filter(({ name }) => !name.endsWith('.broadcast')).map((one) => one.ready);
    expect(ready.reduce((total, number) => total + number, 0)).toBe(letters - letters / 5);
    const { problems } = await verifyImport(root, store);
    expect(problems).toEqual([]);
  } finally {
    await store.close();
  }
});
