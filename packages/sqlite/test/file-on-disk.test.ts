import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TemporaryDirectory, temporaryDirectory } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { startChild } from './child.ts';
import { draft, drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, drain, idsOf, lease, subscribe } from './working.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Root may pass for somebody else, who can do something only where this checkout is open to everybody. */
const canBeNobody =
  isRoot &&
  spawnSync(process.execPath, ['-e', 'require("node:fs").accessSync(process.argv[1])', import.meta.filename], {
    uid: nobody,
    gid: nobody,
  }).status === 0;

const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Opens and closes the store in a process of another user. */
async function openAsNobody(path: string): Promise<unknown> {
  await using child = startChild('./opening-process.ts', [path], isRoot ? { uid: nobody, gid: nobody } : {});
  return await child.hear();
}

/** A directory that everybody may enter, with a store in it. */
async function withStore(directory: TemporaryDirectory): Promise<string> {
  chmodSync(directory.path, 0o755);
  const path = directory.join('bus.db');
  const store = await openStore(path);
  await store.append([draft('m')]);
  await store.close();
  return path;
}

describe('the files of a store', () => {
  it('are for their owner only, whatever the umask allows', async () => {
    await using directory = await temporaryDirectory();
    const umask = process.umask(0);
    try {
      const path = directory.join('deep', 'down', 'bus.db');
      await using store = await openStore(path);
      await store.append([draft('m')]);
      for (const end of ['', '-wal', '-shm']) expect(modeOf(path + end), `bus.db${end}`).toBe(0o600);
      expect(modeOf(`${path}-run`)).toBe(0o700);
      expect(modeOf(join(`${path}-run`, 'bell'))).toBe(0o600);
    } finally {
      process.umask(umask);
    }
  });

  it('are the database alone once the last store on it is closed, and the run directory', async () => {
    await using directory = await temporaryDirectory();
    const [one, two] = [await openStore(directory.join('bus.db')), await openStore(directory.join('bus.db'))];
    await one.append([draft('m')]);
    await one.close();
    await two.close();
    expect(readdirSync(directory.path).sort()).toEqual(['bus.db', 'bus.db-run']);
    expect(readdirSync(directory.join('bus.db-run'))).toEqual(['bell']);
  });

  it('are found through a symbolic link too, so that both sides share bell and starts', async () => {
    await using directory = await temporaryDirectory();
    mkdirSync(directory.join('real'));
    await using store = await openStore(directory.join('real', 'bus.db'));
    symlinkSync(directory.join('real', 'bus.db'), directory.join('link.db'));
    await using linked = await openStore(directory.join('link.db'));
    await subscribe(linked, 'worker');
    await store.append([draft('m')]);
    expect(idsOf(await lease(linked, 'worker'))).toEqual(['m']);
    expect(readdirSync(directory.path).sort()).toEqual(['link.db', 'real']);
  });

  it('may be named relative to the working directory, with spaces, and with what means something in a URL', async () => {
    await using directory = await temporaryDirectory();
    for (const name of [
      'with space.db',
      'percent%20.db',
      'question?mode=memory.db',
      'hash#.db',
      "quote'.db",
      'ünï.db',
    ]) {
      await using store = await openStore(directory.join(name));
      await store.append([draft('m')]);
      expect(existsSync(directory.join(name)), name).toBe(true);
    }
    const here = process.cwd();
    process.chdir(directory.path);
    try {
      await using store = await openStore('relative.db');
      process.chdir(here);
      await subscribe(store, 'worker');
      await store.append([draft('m')]);
      expect(await drain(store, 'worker')).toEqual(['m']);
      expect(existsSync(directory.join('relative.db'))).toBe(true);
    } finally {
      process.chdir(here);
    }
  });
});

describe('a file that is no store', () => {
  const openings: Readonly<Record<string, (path: string) => void>> = {
    'is no SQLite database': (path) =>
      writeFileSync(path, 'Dear diary, today I was opened as a database.\n'.repeat(40)),
    'is a SQLite database of another application': (path) => {
      const connection = new Database(path);
      connection.exec('CREATE TABLE recipes (id INTEGER PRIMARY KEY)');
      connection.close();
    },
    'is a SQLite database of another application (marked)': (path) => {
      const connection = new Database(path);
      connection.pragma('application_id = 1');
      connection.close();
    },
  };
  for (const [what, make] of Object.entries(openings)) {
    it(`is refused and left as it was when it ${what}`, async () => {
      await using directory = await temporaryDirectory();
      const path = directory.join('wrong.db');
      make(path);
      const before = readFileSync(path);
      await expect(openStore(path)).rejects.toMatchObject({
        name: 'BusError',
        code: 'store_incompatible',
        message: expect.stringContaining(path),
      });
      await expect(openStore(path)).rejects.toThrow(what.replace(' (marked)', ''));
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(directory.path)).toEqual(['wrong.db']);
    });
  }

  it('is refused when it is a directory, or lies in what is none', async () => {
    await using directory = await temporaryDirectory();
    writeFileSync(directory.join('file'), '');
    for (const path of [directory.path, directory.join('file', 'bus.db'), directory.join('file', 'deeper', 'bus.db')]) {
      await expect(openStore(path), path).rejects.toMatchObject({ name: 'BusError', code: 'store_failed' });
    }
    expect(readdirSync(directory.path)).toEqual(['file']);
    writeFileSync(directory.join('bus.db-run'), '');
    await expect(openStore(directory.join('bus.db'))).rejects.toMatchObject({ name: 'BusError', code: 'store_failed' });
  });

  it('is taken when it is an empty file, or an empty database', async () => {
    await using directory = await temporaryDirectory();
    writeFileSync(directory.join('empty.db'), '');
    new Database(directory.join('database.db')).exec('VACUUM').close();
    for (const name of ['empty.db', 'database.db']) {
      await using store = await openStore(directory.join(name));
      await store.append([draft('m')]);
      expect((await store.read({ limit: 1 })).length).toBe(1);
    }
  });

  it('is refused when it is no path at all', async () => {
    for (const path of ['', ':memory:', 'file:bus.db?mode=memory']) {
      await expect(openStore(path)).rejects.toMatchObject({ code: 'invalid_option' });
    }
  });
});

describe('a damaged file', () => {
  it('is told as damaged by whatever meets the damage, and stops nobody from closing it', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const before = await openStore(path);
    await subscribe(before, 'worker');
    await before.append(drafts('m', 2_000));
    await before.close();
    const bytes = readFileSync(path);
    // All but the first pages, where the schema is.
    bytes.fill(0xa5, 64 * 4096);
    writeFileSync(path, bytes);
    await using store = await openStore(path);
    const damaged = { name: 'BusError', code: 'store_failed', message: expect.stringContaining('is damaged') };
    await expect(store.read({ limit: 2_000 })).rejects.toMatchObject(damaged);
    await expect(drain(store, 'worker')).rejects.toMatchObject(damaged);
  });
});

describe('options that cannot work', () => {
  it('are refused before anything is made', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    for (const options of [
      { busyTimeoutMs: -1 },
      { busyTimeoutMs: Number.NaN },
      { busyTimeoutMs: Number.POSITIVE_INFINITY },
      JSON.parse('{ "durability": "none" }'),
    ]) {
      await expect(openStore(path, options)).rejects.toMatchObject({ code: 'invalid_option' });
    }
    expect(readdirSync(directory.path)).toEqual([]);
  });
});

describe('a store of a newer AgentBus', () => {
  it('is refused with both numbers, and left as it was', async () => {
    await using directory = await temporaryDirectory();
    const path = await withStore(directory);
    const connection = new Database(path);
    const known = Number(connection.prepare('SELECT max(number) FROM agentbus_migrations').pluck().get());
    connection.prepare("INSERT INTO agentbus_migrations VALUES (?, 'from the future', 0)").run(known + 3);
    connection.close();
    const before = readFileSync(path);
    await expect(openStore(path)).rejects.toMatchObject({ code: 'store_incompatible' });
    await expect(openStore(path)).rejects.toThrow(new RegExp(`schema ${known + 3},.* up to ${known}\\.`));
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('a user without permission', () => {
  it.runIf(canBeNobody)('is told so when the directory is closed to them', async () => {
    await using directory = await temporaryDirectory();
    chmodSync(directory.path, 0o755);
    mkdirSync(directory.join('closed'), { mode: 0o700 });
    expect(await openAsNobody(directory.join('closed', 'bus.db'))).toMatch(/^store_failed: .*permission/);
    expect(await openAsNobody(directory.join('new.db'))).toMatch(/^store_failed: .*permission/);
    expect(readdirSync(directory.path)).toEqual(['closed']);
  });

  it.runIf(canBeNobody)('is told so when the store belongs to somebody else', async () => {
    await using directory = await temporaryDirectory();
    const path = await withStore(directory);
    const entries = readdirSync(directory.path);
    expect(await openAsNobody(path)).toMatch(/^store_failed: .*(permission|cannot be opened)/i);
    expect(readdirSync(directory.path)).toEqual(entries);
  });

  it.runIf(canBeNobody)('is told so when they may read the store but not write it', async () => {
    await using directory = await temporaryDirectory();
    const path = await withStore(directory);
    chmodSync(path, 0o444);
    chmodSync(`${path}-run`, 0o777);
    chmodSync(join(`${path}-run`, 'bell'), 0o666);
    expect(await openAsNobody(path)).toMatch(/^store_failed: .*(permission|cannot be (written|opened))/i);
    // Not even a directory in which they may write helps: SQLite would open the file for reading only.
    chownSync(directory.path, nobody, nobody);
    expect(await openAsNobody(path)).toMatch(/^store_failed: .*(permission|cannot be (written|opened))/i);
  });

  it.runIf(canBeNobody)('works like anybody else in a place of their own', async () => {
    await using directory = await temporaryDirectory();
    chownSync(directory.path, nobody, nobody);
    expect(await openAsNobody(directory.join('bus.db'))).toBe('opened');
    expect(statSync(directory.join('bus.db')).uid).toBe(nobody);
  });
});

describe('a process that has used a store', () => {
  for (const [what, verb] of [
    ['that it closed', 'work'],
    ['and forgot to close it', 'leave'],
  ] as const) {
    it(`${what}, ends by itself`, async () => {
      await using directory = await temporaryDirectory();
      await using child = startChild('./opening-process.ts', [directory.join('bus.db'), verb]);
      expect(await child.hear()).toBe('opened');
      expect(await child.ended).toBe(0);
      await using store = await openStore(directory.join('bus.db'));
      expect((await claim(store, 'worker')).lease).toBeUndefined();
    });
  }
});
