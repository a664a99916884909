import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@agentbus/sqlite';
import { leftOut, temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { mailboxImport } from './command.ts';
import { fingerprint } from './tree.ts';

// Text in there is other people's, much of it prompts. It is data here, and nothing of it may be copied into this file.
const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const absent = !existsSync(data);
if (absent) leftOut('the import of real mailboxes', { data: '../shared/data' });

describe.skipIf(absent)('real mailboxes', () => {
  it.each([
    ['victor-agent-comms', 162, 35],
    ['victor-shared-mailboxes', 15, 0],
  ])('%s is accounted for, imported, and proved to be', async (name, total, recovered) => {
    const root = `${data}/${name}`;
    const before = await fingerprint(root);
    await using directory = await temporaryDirectory();
    const args = [root, '--store', 'sqlite:bus.db', '--json'];
    const imported = await mailboxImport(['import', ...args], { cwd: directory.path });
    const summary = JSON.parse(imported.stdout);
    const { files, entries } = summary;
    expect(imported.code).toBe(entries.quarantined > 0 ? 3 : 0);
    expect(files.total).toBe(total);
    expect(files.messages + files.ignored + files.quarantined + files.duplicates).toBe(total);
    expect(files.messages + files.duplicates).toBeGreaterThanOrEqual(0.95 * (total - files.ignored));
    expect(summary.recovered).toBeGreaterThanOrEqual(recovered);

    const verified = await mailboxImport(['verify', ...args], { cwd: directory.path });
    expect(JSON.parse(verified.stdout)).toMatchObject({ problems: [], entries: { total: entries.total } });
    expect(verified.code).toBe(0);
    const again = await mailboxImport(['import', ...args], { cwd: directory.path });
    expect(JSON.parse(again.stdout).entries).toMatchObject({ total: entries.total, imported: 0 });
    expect(await fingerprint(root)).toEqual(before);
  });

  it('every pending letter is owed to its agent, and no processed one', async () => {
    await using directory = await temporaryDirectory();
    const args = ['import', `${data}/victor-agent-comms`, '--store', 'sqlite:bus.db', '--json'];
    const { mailboxes } = JSON.parse((await mailboxImport(args, { cwd: directory.path })).stdout);
    const store = await openSqliteStore(directory.join('bus.db'));
    try {
      const { subscriptions } = await store.stats();
      const ready = new Map(subscriptions.map((one) => [one.name, one.ready]));
      const { broadcast, ...agents } = mailboxes;
      expect(Object.keys(agents).length).toBeGreaterThan(8);
      for (const [agent, { pending }] of Object.entries<{ pending: number }>(agents)) {
        expect(ready.get(agent), agent).toBe(pending);
        expect(ready.get(`${agent}.broadcast`), agent).toBe(broadcast.pending);
      }
    } finally {
      await store.close();
    }
  });
});
