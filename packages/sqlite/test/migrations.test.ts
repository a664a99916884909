import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { startChild } from './child.ts';
import { draft } from './drafts.ts';
import { openStore } from './open-store.ts';

const folder = fileURLToPath(new URL('../drizzle', import.meta.url));

function query(path: string, sql: string): unknown[] {
  const connection = new Database(path, { readonly: true });
  const rows = connection.prepare(sql).all();
  connection.close();
  return rows;
}

describe('the migrations', () => {
  it('say the same as schema.ts: drizzle-kit finds nothing to add', async () => {
    await using directory = await temporaryDirectory();
    // Within the package, as drizzle-kit resolves what schema.ts imports from where it lies.
    const schema = fileURLToPath(new URL('../src/schema.ts', import.meta.url));
    await cp(folder, directory.join('drizzle'), { recursive: true });
    const config = directory.join('drizzle.config.json');
    await writeFile(config, JSON.stringify({ dialect: 'sqlite', schema, out: './drizzle' }));
    const kit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, [kit, 'generate', '--config', config], {
      cwd: directory.path,
    });
    expect(stdout).toContain('No schema changes');
    expect(await readdir(directory.join('drizzle'))).toEqual(await readdir(folder));
  });

  it('are numbered without a gap and listed in the journal', async () => {
    const journal: { entries: { idx: number; tag: string }[] } = JSON.parse(
      await readFile(join(folder, 'meta', '_journal.json'), 'utf8'),
    );
    expect(journal.entries.map(({ idx }) => idx)).toEqual(journal.entries.map((_, n) => n));
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
    expect(files).toEqual(journal.entries.map(({ tag }) => `${tag}.sql`));
    for (const [n, file] of files.entries()) expect(file).toMatch(new RegExp(`^${String(n).padStart(4, '0')}_`));
  });

  it('make tables, indexes and views whose names begin with agentbus_', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await (await openStore(path)).close();
    const names = query(path, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").map(
      (row) => typeof row === 'object' && row !== null && 'name' in row && row.name,
    );
    expect(names.filter((name) => !String(name).startsWith('agentbus_'))).toEqual([]);
    expect(names).toContain('agentbus_state');
  });

  it('run once each, though many processes open a new file at once, and all of them succeed', async () => {
    await using directory = await temporaryDirectory();
    const steps = (await readdir(folder)).filter((name) => name.endsWith('.sql')).length;
    const children = Array.from({ length: 4 }, () => startChild('./opening-on-word-process.ts'));
    try {
      for (const child of children) expect(await child.hear()).toBe('ready');
      for (let round = 0; round < 25; round += 1) {
        const path = directory.join(`bus-${round}.db`);
        const said = await Promise.all(children.map((child) => child.ask(path)));
        expect(said, `round ${round}`).toEqual(children.map(() => 'opened'));
        expect(query(path, 'SELECT number FROM agentbus_migrations')).toEqual(
          Array.from({ length: steps }, (_, n) => ({ number: n + 1 })),
        );
        expect(query(path, 'SELECT count(*) AS messages FROM agentbus_messages')).toEqual([{ messages: 4 }]);
        expect(auditFile(path)).toEqual([]);
      }
    } finally {
      for (const child of children) await child.kill();
    }
  });

  it('leave a file alone that is up to date', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const store = await openStore(path);
    await store.append([draft('m')]);
    await store.close();
    const before = await readFile(path);
    await (await openStore(path)).close();
    expect((await readFile(path)).equals(before)).toBe(true);
  });
});
