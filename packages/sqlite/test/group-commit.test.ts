import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createTestClock } from '@agentbus/conformance';
import type { Store } from '@agentbus/core';
import { temporaryDirectory } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { bodyOf, draft, drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { openObserved } from './store-connection.ts';
import { claim, drain, idsOf, lease, settle, statsOf, subscribe } from './working.ts';

/** Runs SQL on a connection of its own, as somebody with a sqlite3 shell would. */
function sqliteShell(path: string, sql: string): void {
  const connection = new Database(path);
  connection.exec(sql);
  connection.close();
}

function countMessages(path: string): number {
  const connection = new Database(path, { readonly: true });
  const count = Number(connection.prepare('SELECT count(*) FROM agentbus_messages').pluck().get());
  connection.close();
  return count;
}

async function storedIds(store: Store): Promise<string[]> {
  return (await store.read({ limit: 10_000 })).map(({ record }) => record.id);
}

describe('what is submitted together', () => {
  it('is committed together: when the first publish resolves, another connection sees them all', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    const seen = await Promise.all(drafts('m', 100).map((one) => store.append([one]).then(() => countMessages(path))));
    expect(seen).toEqual(Array.from({ length: 100 }, () => 100));
  });

  it('is divided when it is much, but never within a batch', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    const seen = await Promise.all([
      ...drafts('single', 2_000).map((one) => store.append([one]).then(() => countMessages(path))),
      store.append(drafts('batch', 3_000)).then(() => countMessages(path)),
    ]);
    expect(seen[0]).toBeLessThan(2_000);
    expect(seen.at(-1)).toBe(5_000);
    // No commit showed a part of the batch.
    expect(seen.filter((count) => count > 2_000 && count < 5_000)).toEqual([]);
  });

  it('is divided by what it weighs: few large messages stop the event loop no longer than many small ones', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path, { durability: 'relaxed' });
    const body = JSON.stringify('x'.repeat(256 * 1024));
    const large = Array.from({ length: 40 }, (_, number) => draft(`large-${number}`, { body }));
    const seen = await Promise.all(large.map((one) => store.append([one]).then(() => countMessages(path))));
    expect(seen[0]).toBeLessThan(10);
    expect(seen.at(-1)).toBe(40);
  });

  it('lets the event loop turn between two transactions', async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.join('bus.db'), { durability: 'relaxed' });
    let turns = 0;
    let working = true;
    const turn = (): void => {
      turns += 1;
      if (working) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(drafts('m', 5_000).map((one) => store.append([one])));
    working = false;
    expect(turns).toBeGreaterThanOrEqual(Math.floor(5_000 / 512));
  });

  it('keeps its order', async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.join('bus.db'));
    await Promise.all(drafts('m', 1_500).map((one) => store.append([one])));
    expect(await storedIds(store)).toEqual(drafts('m', 1_500).map(({ id }) => id));
  });
});

describe('a refusal in the middle of a group', () => {
  it('concerns nobody else', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await store.append([draft('taken')]);
    await subscribe(store, 'worker');
    const conflicting = draft('taken', { body: '"other"' });
    const refused = Promise.allSettled([
      store.append([draft('a', { topic: 'jobs.one' })]),
      store.append([draft('b', { topic: 'jobs.refused' }), draft('c', { topic: 'jobs.two' }), conflicting]),
      store.append([draft('d', { topic: 'jobs.two' }), draft('e', { topic: 'jobs.refused' })]),
      store.append([draft('f', { deliverAt: Date.now() + 3_600_000 }), conflicting]),
      store.append([draft('g', { settledFor: ['nobody'] })]),
      store.openSubscription({ name: 'worker', pattern: 'other', from: 'all', settings: {} }),
      claim(store, 'unknown'),
      store.append([draft('h')]),
    ]);
    const claimed = claim(store, 'worker');
    const codes = (await refused).map((result) => (result.status === 'rejected' ? result.reason.code : 'done'));
    expect(codes).toEqual([
      'done',
      'id_conflict',
      'done',
      'id_conflict',
      'unknown_subscription',
      'config_conflict',
      'unknown_subscription',
      'done',
    ]);
    expect(idsOf((await claimed).lease)).toEqual(['taken', 'a', 'd', 'e', 'h']);
    expect(await storedIds(store)).toEqual(['taken', 'a', 'd', 'e', 'h']);
    expect((await store.stats()).topics.some(({ delayed }) => delayed > 0)).toBe(false);
    expect(auditFile(path)).toEqual([]);
  });
});

const failures = {
  'an insert fails':
    "CREATE TRIGGER trap BEFORE INSERT ON agentbus_messages WHEN new.id = 'poison' BEGIN SELECT RAISE(ABORT, 'trap'); END",
  'an insert rolls back by itself':
    "CREATE TRIGGER trap BEFORE INSERT ON agentbus_messages WHEN new.id = 'poison' BEGIN SELECT RAISE(ROLLBACK, 'trap'); END",
  'the last statement of the group fails':
    "CREATE TRIGGER trap BEFORE UPDATE OF head ON agentbus_meta WHEN EXISTS (SELECT 1 FROM agentbus_messages WHERE id = 'poison') BEGIN SELECT RAISE(ABORT, 'trap'); END",
  'COMMIT fails': `CREATE TABLE trapdoor (id INTEGER PRIMARY KEY);
    CREATE TABLE trapped (id INTEGER REFERENCES trapdoor DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER trap AFTER INSERT ON agentbus_messages WHEN new.id = 'poison' BEGIN INSERT INTO trapped VALUES (1); END`,
};

describe('when a transaction fails', () => {
  for (const [how, trap] of Object.entries(failures)) {
    it(`because ${how}, its whole group is refused and everything goes on as if it had never been`, async () => {
      await using directory = await temporaryDirectory();
      const path = directory.join('bus.db');
      await using observed = await openObserved(path);
      const { store, connection } = observed;
      connection.pragma('foreign_keys = ON');
      await subscribe(store, 'worker');
      await store.append(drafts('before', 2));
      const held = await lease(store, 'worker', { limit: 1 });
      store.markStarted(held.token, held.deliveries[0]?.seq ?? 0);
      sqliteShell(path, trap);

      const results = await Promise.allSettled([
        store.append([draft('neighbour', { topic: 'jobs.fresh', priority: 'urgent' })]),
        store.append([draft('aside', { topic: 'jobs.aside', deliverAt: Date.now() + 3_600_000 })]),
        claim(store, 'worker', { limit: 1 }),
        settle(store, held),
        store.append([draft('poison', { topic: 'jobs.poison' })]),
        store.openSubscription({ name: 'second', pattern: '>', from: 'all', settings: {} }),
      ]);
      for (const result of results) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'BusError', code: 'store_failed' } });
      }
      expect(connection.inTransaction).toBe(false);
      expect(await storedIds(store)).toEqual(['before-1', 'before-2']);
      expect(auditFile(path)).toEqual([]);

      // Somebody else goes on from there meanwhile.
      await using beside = await openStore(path);
      const between = drafts('between', 10);
      await beside.append(between);

      // With the cause gone, the same again: no id, topic, head, lease or place in the starts file is out of step.
      sqliteShell(path, 'DROP TRIGGER trap');
      await store.append([draft('neighbour', { topic: 'jobs.fresh', priority: 'urgent' })]);
      await store.append([draft('poison', { topic: 'jobs.poison' })]);
      await store.append([draft('aside', { topic: 'jobs.aside' })]);
      await subscribe(store, 'second');
      expect(await settle(store, held)).toEqual(['ok']);
      expect(await drain(store, 'worker')).toEqual([
        'neighbour',
        'before-2',
        ...between.map(({ id }) => id),
        'poison',
        'aside',
      ]);
      expect(await drain(store, 'second')).toEqual([
        'neighbour',
        'before-1',
        'before-2',
        ...between.map(({ id }) => id),
        'poison',
        'aside',
      ]);
      for (const { record } of await store.read({ limit: 100 })) expect(record.body).toBe(bodyOf(record.id));
      expect(auditFile(path)).toEqual([]);
    });
  }

  it('because the disk is full, it says so, keeps nothing of it, and goes on once there is room', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using observed = await openObserved(path);
    const { store, connection } = observed;
    await subscribe(store, 'worker');
    await store.append([draft('before')]);
    connection.pragma(`max_page_count = ${Number(connection.pragma('page_count', { simple: true })) + 2}`);
    const large = draft('large', { topic: 'jobs.large', body: JSON.stringify('x'.repeat(100_000)) });
    const results = await Promise.allSettled([store.append([draft('neighbour')]), store.append([large])]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store_failed', retryable: true } });
    }
    expect(results[1]).toMatchObject({ reason: { message: expect.stringContaining('the disk is full') } });
    expect(await storedIds(store)).toEqual(['before']);
    connection.pragma('max_page_count = 1000000');
    await Promise.all([store.append([draft('neighbour')]), store.append([large])]);
    expect(await drain(store, 'worker')).toEqual(['before', 'neighbour', 'large']);
    expect(auditFile(path)).toEqual([]);
  });

  it('delayed messages are tried again, but not without a pause', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    await using store = await openStore(path, { clock });
    await store.append([draft('poison', { deliverAt: clock.now() + 1_000 })]);
    sqliteShell(path, failures['an insert fails']);
    await clock.advance(1_000);
    expect(await storedIds(store)).toEqual([]);
    // Time stands still: nothing may be due now, or the process would do nothing else.
    await clock.advance(0);
    await clock.advance(0);
    sqliteShell(path, 'DROP TRIGGER trap');
    await clock.advance(0);
    expect(await storedIds(store)).toEqual([]);
    await clock.advance(60_000);
    expect(await storedIds(store)).toEqual(['poison']);
  });

  it.skipIf(!existsSync('/dev/full'))('a bell that cannot be rung spoils no commit', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    // Every byte written to it finds the disk full.
    mkdirSync(`${path}-run`);
    symlinkSync('/dev/full', `${path}-run/bell`);
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    expect(await store.append([draft('m')])).toEqual([{ duplicate: false }]);
    expect(await drain(store, 'worker')).toEqual(['m']);
    expect(await statsOf(store, 'worker')).toMatchObject({ acked: 1 });
  });
});
