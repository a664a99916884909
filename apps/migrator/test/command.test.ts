import { existsSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { openBus } from '@agentbus/core';
import { consume } from '@agentbus/delivery';
import { openSqliteStore } from '@agentbus/sqlite';
import { type TemporaryDirectory, temporaryDirectory, until } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { mailboxImport } from './command.ts';
import { fingerprint, letter, writeTree } from './tree.ts';

const good = {
  'mail/a/inbox/1.json': letter(1),
  'mail/a/processed/2.json': letter(2),
  'mail/b/inbox.json': [letter(3)],
};
const bad = { 'mail/a/inbox/bad.json': '{"body": "cut off in the mid' };

async function place(files: object): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  await writeTree(directory.path, { ...files });
  return directory;
}

describe('mailbox-import', () => {
  it('scans, imports and verifies a tree, and never changes it', async () => {
    await using directory = await place(good);
    const at = { cwd: directory.path };
    const before = await fingerprint(directory.join('mail'));
    const scan = await mailboxImport(['scan', 'mail', '--json'], at);
    const first = await mailboxImport(['import', 'mail', '--store', 'sqlite:bus.db', '--yes', '--json'], at);
    const second = await mailboxImport(['import', 'mail', '--store', 'sqlite:bus.db', '--resume', '--json'], at);
    const verify = await mailboxImport(['verify', 'mail', '--store', 'sqlite:bus.db', '--json'], at);
    expect([scan.code, first.code, second.code, verify.code]).toEqual([0, 0, 0, 0]);

    const summary = JSON.parse(first.stdout);
    expect(Object.keys(summary)).toEqual(
      'root store files entries states formats mailboxes recovered quarantine ignoredFiles elapsedMs'.split(' '),
    );
    expect(summary).toMatchObject({
      root: directory.join('mail'),
      store: `sqlite:${directory.join('bus.db')}`,
      files: { total: 3, messages: 3, ignored: 0, quarantined: 0, duplicates: 0 },
      entries: { total: 3, imported: 3, duplicates: 0, quarantined: 0 },
      states: { pending: 2, acked: 1 },
      mailboxes: { a: { pending: 1, acked: 1 }, b: { pending: 1, acked: 0 } },
    });
    expect(JSON.parse(scan.stdout)).toMatchObject({ entries: summary.entries, mailboxes: summary.mailboxes });
    expect(JSON.parse(scan.stdout)).not.toHaveProperty('store');
    expect(JSON.parse(second.stdout).entries).toEqual({ total: 3, imported: 0, duplicates: 3, quarantined: 0 });
    expect(JSON.parse(verify.stdout)).toMatchObject({ problems: [], entries: { total: 3, verified: 3 } });
    expect(await fingerprint(directory.join('mail'))).toEqual(before);
  });

  it('exits 3 from scan and import when something is quarantined, and 0 from verify, as it is recorded', async () => {
    await using directory = await place({ ...good, ...bad });
    const at = { cwd: directory.path, env: { AGENTBUS_STORE: 'sqlite:./bus.db' } };
    expect((await mailboxImport(['scan', 'mail'], at)).code).toBe(3);
    expect((await mailboxImport(['import', 'mail'], at)).code).toBe(3);
    expect((await mailboxImport(['import', 'mail'], at)).code).toBe(3);
    expect((await mailboxImport(['verify', 'mail'], at)).code).toBe(0);
    expect(existsSync(directory.join('bus.db'))).toBe(true);
  });

  it('exits 1 from verify, with a list, when a message was taken out or altered by one character', async () => {
    await using directory = await place(good);
    const at = { cwd: directory.path };
    await mailboxImport(['import', 'mail', '--store', 'sqlite:bus.db'], at);
    const statements = [
      "DELETE FROM agentbus_messages WHERE headers LIKE '%a/inbox/1.json%'",
      "UPDATE agentbus_messages SET body = replace(body, 'What letter 1 has', 'What letter 1 had')",
    ];
    for (const [number, statement] of statements.entries()) {
      await cp(directory.join('bus.db'), directory.join(`${number}.db`));
      const database = new Database(directory.join(`${number}.db`));
      expect(database.prepare(statement).run().changes).toBeGreaterThan(0);
      database.close();
      const { code, stdout } = await mailboxImport(['verify', 'mail', '--store', `sqlite:${number}.db`, '--json'], at);
      expect(code).toBe(1);
      const { problems, entries } = JSON.parse(stdout);
      expect(problems[0]).toMatchObject({ path: 'a/inbox/1.json', entry: 0 });
      expect(entries).toMatchObject({ total: 3, verified: 2, missing: number === 0 ? 1 : 0, altered: number });
      const shown = await mailboxImport(['verify', 'mail', '--store', `sqlite:${number}.db`], at);
      expect(shown.stdout).toContain('a/inbox/1.json #0');
    }
  });

  it('leaves the imported mail to the agents, whatever limits their consumers bring', async () => {
    await using directory = await place(good);
    await mailboxImport(['import', 'mail', '--store', 'sqlite:bus.db'], { cwd: directory.path });
    await using bus = await openBus({ store: await openSqliteStore(directory.join('bus.db')) });
    const seen: string[] = [];
    const options = { name: 'a', pattern: 'agents.a.inbox', maxAttempts: 3 };
    await consume(bus, options, ({ message }) => {
      seen.push(String(message.headers['mailbox-id']));
    });
    await until(
      async () => (await bus.store.stats()).subscriptions[0]?.ready === 0 && seen.length > 0,
      'a has its mail',
    );
    expect(seen).toEqual(['note-1']);
  });

  it('makes the default store where the person stands, and says so', async () => {
    await using directory = await place(good);
    const { code, stderr } = await mailboxImport(['import', 'mail'], { cwd: directory.path });
    expect(code).toBe(0);
    const file = directory.join('.agentbus', 'bus.db');
    expect(stderr).toBe(`Created the store sqlite:${file}\n`);
    expect(existsSync(file)).toBe(true);
  });

  it('takes paths from where the person stood when npm moved it to its own directory', async () => {
    await using directory = await place({ ...good, 'package/package.json': '{}' });
    const env = { INIT_CWD: directory.path, npm_package_json: directory.join('package', 'package.json') };
    const { code, stdout } = await mailboxImport(['import', 'mail', '--store', 'sqlite:./bus.db', '--json'], {
      cwd: directory.join('package'),
      env,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).root).toBe(directory.join('mail'));
    expect(existsSync(directory.join('bus.db'))).toBe(true);
  });

  it('writes nothing on a dry run, with or without a store to compare with', async () => {
    await using directory = await place(good);
    const at = { cwd: directory.path };
    const args = ['import', 'mail', '--store', 'sqlite:bus.db', '--dry-run', '--json'];
    const absent = await mailboxImport(args, at);
    expect(existsSync(directory.join('bus.db'))).toBe(false);
    expect(JSON.parse(absent.stdout)).toMatchObject({ store: expect.any(String), entries: { imported: 3 } });
    await mailboxImport(['import', 'mail', '--store', 'sqlite:bus.db'], at);
    await writeTree(directory.path, { 'mail/b/inbox/4.json': letter(4) });
    const { stdout } = await mailboxImport(args, at);
    expect(JSON.parse(stdout).entries).toEqual({ total: 4, imported: 1, duplicates: 3, quarantined: 0 });
    await using bus = await openBus({ store: await openSqliteStore(directory.join('bus.db')) });
    expect(await bus.store.head()).toBe(3);
  });

  it('takes a name for another when told, also when verifying', async () => {
    await using directory = await place({
      'mail/Agent3/inbox/1.json': letter(1),
      'mail/Agent-3/inbox/2.json': letter(2),
    });
    const at = { cwd: directory.path };
    const args = [
      'mail',
      '--store',
      'sqlite:bus.db',
      '--json',
      '--alias',
      'Agent3=Agent-3',
      '--timezone',
      'Europe/Berlin',
    ];
    const { stdout } = await mailboxImport(['import', ...args], at);
    expect(JSON.parse(stdout).mailboxes).toEqual({ 'Agent-3': { pending: 2, acked: 0 } });
    expect((await mailboxImport(['verify', ...args], at)).code).toBe(0);
  });

  it.each<[mistake: string, args: string[], says: RegExp]>([
    ['no command', [], /Usage/],
    ['an unknown command', ['export', 'mail'], /unknown command/],
    ['an unknown option', ['scan', 'mail', '--html', 'x'], /unknown option '--html'/],
    ['an option of another command', ['scan', 'mail', '--dry-run'], /unknown option/],
    ['no directory', ['scan'], /missing required argument/],
    ['two directories', ['scan', 'mail', 'mail'], /too many arguments/],
    ['a directory that is not there', ['scan', 'male'], /male.*does not exist/],
    ['a file', ['import', 'mail/a/inbox/1.json'], /is a file/],
    ['a file to verify', ['verify', 'mail/a/inbox/1.json'], /is a file/],
    ['a store within the mailboxes', ['import', 'mail', '--store', 'sqlite:mail/bus.db'], /never changed/],
    [
      'a store within the mailboxes, by a way around',
      ['import', 'mail', '--store', 'sqlite:link/x/bus.db'],
      /never changed/,
    ],
    ['a store that is no URL', ['import', 'mail', '--store', 'bus.db'], /no store URL/],
    ['an empty store', ['import', 'mail', '--store', ''], /--store is empty/],
    ['a zone that is none', ['scan', 'mail', '--timezone', 'Mars'], /no time zone/],
    ['an alias without a meaning', ['scan', 'mail', '--alias', 'Agent3'], /FOUND=MEANT/],
    ['two meanings of an alias', ['scan', 'mail', '--alias', 'a=b', '--alias', 'a=c'], /already taken/],
    ['nothing to resume', ['import', 'mail', '--store', 'sqlite:none.db', '--resume'], /nothing to resume/],
  ])('exits 2 on %s, and says what is wrong', async (_, args, says) => {
    await using directory = await place(good);
    await symlink('mail', directory.join('link'));
    const { code, stdout, stderr } = await mailboxImport(args, { cwd: directory.path });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(existsSync(directory.join('none.db'))).toBe(false);
  });

  it('prints an object with --json even when it fails', async () => {
    await using directory = await place(good);
    const missing = await mailboxImport(['scan', 'male', '--json'], { cwd: directory.path });
    expect(JSON.parse(missing.stdout)).toEqual({ error: { code: 'invalid_option', message: expect.any(String) } });
    const unknown = await mailboxImport(['scan', 'mail', '--json', '--html'], { cwd: directory.path });
    expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: 'usage' } });
  });

  it('exits 1 from verify when there is no store, and makes none', async () => {
    await using directory = await place(good);
    const { code, stderr } = await mailboxImport(['verify', 'mail', '--store', 'sqlite:none.db'], {
      cwd: directory.path,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('There is no store');
    expect(existsSync(directory.join('none.db'))).toBe(false);
  });
});
