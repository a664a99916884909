import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { openBus } from '@agentbus/core';
import { temporaryDirectory, typeScriptArgs } from '@agentbus/testkit';
import { describe, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';

describe('openStore', () => {
  test('opens a SQLite file relative to the base directory, and makes the directories on the way', async () => {
    await using directory = await temporaryDirectory();
    const options = { baseDirectory: directory.path };
    for (const url of ['sqlite:./a.db', 'sqlite:fresh/deeper/b.db', 'SQLite:c%3Fd%25.db']) {
      await (await openStore(url, options)).close();
    }
    expect(readdirSync(directory.path)).toEqual(expect.arrayContaining(['a.db', 'c?d%.db', 'fresh']));
    expect(existsSync(directory.join('fresh', 'deeper', 'b.db'))).toBe(true);
  });

  test('takes an absolute path with one slash or with three, and both are the same file', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    {
      await using bus = await openBus({ store: await openStore(`sqlite:${path}`, { baseDirectory: '/elsewhere' }) });
      await bus.publish('notes', 'kept');
    }
    const store = await openStore(`sqlite://${path}?durability=relaxed`);
    expect(await store.head()).toBe(1);
    await store.close();
  });

  test('gives a store a URL under which it is found again', async () => {
    await using directory = await temporaryDirectory();
    const first = await openStore('sqlite:./50% sure?.db'.replace('%', '%25').replace('?', '%3F'), {
      baseDirectory: directory.path,
    });
    await using bus = await openBus({ store: first });
    await bus.publish('notes', 'kept');
    const second = await openStore(first.url, { baseDirectory: '/elsewhere' });
    expect(await second.head()).toBe(1);
    await second.close();
  });

  test('opens a fresh memory store each time', async () => {
    await using bus = await openBus({ store: await openStore('memory:') });
    await bus.publish('notes', 'here');
    const other = await openStore('memory:');
    expect(await other.head()).toBe(0);
    expect(other.url).toBe('memory:');
  });

  test('hands the clock on to the store', async () => {
    const clock = {
      now: () => 86_400_000,
      monotonic: () => 0,
      bootId: 'test',
      after: () => () => {},
    };
    await using bus = await openBus({ store: await openStore('memory:', { clock }) });
    await bus.store.openSubscription({ name: 'reader', pattern: 'notes', from: 'all', settings: {} });
    await bus.store.append([
      {
        id: 'early',
        topic: 'notes',
        body: '1',
        headers: {},
        source: 'test',
        priority: 'normal',
        correlationId: 'early',
        publishedAt: 86_399_000,
      },
    ]);
    expect((await bus.store.stats()).subscriptions[0]?.oldestUnackedMs).toBe(1_000);
  });

  test('loads the SQLite driver for sqlite: only', async () => {
    await using directory = await temporaryDirectory();
    const driverLoadedAfter = (url: string): string => {
      const script = typeScriptArgs(new URL('./driver-loaded-process.ts', import.meta.url));
      const child = spawnSync(process.execPath, [...script, url], { encoding: 'utf8' });
      return child.stdout + child.stderr;
    };
    expect(driverLoadedAfter('memory:')).toBe('no\n');
    expect(driverLoadedAfter(`sqlite:${directory.join('bus.db')}`)).toBe('yes\n');
  });
});
