import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestClock } from '@agentbus/conformance';
import type { Store } from '@agentbus/core';
import { spawnTypeScript, temporaryDirectory, until } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startChild } from './child.ts';
import { drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, drain, idsOf, lease, leaseMs, settle, subscribe } from './working.ts';

const startsFiles = (path: string): string[] => readdirSync(`${path}-run`).filter((name) => name.startsWith('starts-'));

function leaseSlots(path: string): unknown[] {
  const connection = new Database(path, { readonly: true });
  const slots = connection.prepare('SELECT starts_slot FROM agentbus_leases ORDER BY number').pluck().all();
  connection.close();
  return slots;
}

/** Takes everything that came back, suspects one by one, and tells how often each had been started. */
async function chargesOf(store: Store): Promise<Record<string, number>> {
  const charges: Record<string, number> = {};
  for (;;) {
    const { lease: found } = await claim(store, 'worker');
    if (found === undefined) return charges;
    for (const { record, starts } of found.deliveries) charges[record.id] = starts;
    await settle(store, found);
  }
}

describe('when a holder is killed', () => {
  it('I7: exactly what it had started is charged an attempt, and leased alone from then on', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('m', 8));
    // Two leases, m-1 to m-5 and m-6 to m-8; m-2 was started and settled, m-4 and m-8 were running.
    await using holder = startChild('./holding-process.ts', [path, '5,3', 'm-2,m-4,m-8', 'm-1,m-2']);
    expect(await holder.hear()).toBe('holding');
    await holder.kill();
    await until(async () => (await claim(store, 'worker', { idle: false })).suspectWaiting, 'its leases have run out');
    const alone = [await lease(store, 'worker'), await lease(store, 'worker')];
    expect(alone.map((found) => [idsOf(found), found.deliveries[0]?.starts, found.deliveries[0]?.suspect])).toEqual([
      [['m-4'], 1, true],
      [['m-8'], 1, true],
    ]);
    const rest = await lease(store, 'worker');
    expect(rest.deliveries.map(({ record, starts, suspect }) => [record.id, starts, suspect])).toEqual([
      ['m-3', 0, false],
      ['m-5', 0, false],
      ['m-6', 0, false],
      ['m-7', 0, false],
    ]);
  });

  it('I7: everything is charged when its record of starts is gone', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('m', 3));
    await using holder = startChild('./holding-process.ts', [path, '3', 'm-2', '']);
    expect(await holder.hear()).toBe('holding');
    await holder.kill();
    for (const name of startsFiles(path)) rmSync(join(`${path}-run`, name));
    await until(async () => (await claim(store, 'worker', { idle: false })).suspectWaiting, 'its lease has run out');
    expect(await chargesOf(store)).toEqual({ 'm-1': 1, 'm-2': 1, 'm-3': 1 });
  });
});

describe('the place of a lease in the file', () => {
  it('I7: never shows the starts of another lease, whatever is claimed, started, settled and lost in between', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ limit: fc.integer({ min: 1, max: 6 }), started: fc.nat(63), fate: fc.nat(3) }), {
          minLength: 1,
          maxLength: 12,
        }),
        async (claims) => {
          await using directory = await temporaryDirectory();
          const path = directory.join('bus.db');
          const clock = createTestClock();
          await using store = await openStore(path, { clock, durability: 'relaxed' });
          await using other = await openStore(path, { clock, durability: 'relaxed' });
          await subscribe(store, 'worker');
          await store.append(drafts('m', 80));
          const expected: Record<string, number> = {};
          for (const { limit, started, fate } of claims) {
            const found = await lease(store, 'worker', { limit });
            for (const [n, { seq, record }] of found.deliveries.entries()) {
              const isStarted = (started & (1 << n)) !== 0;
              if (isStarted) store.markStarted(found.token, seq);
              // Fates: all settled, by this store or by another one that frees nothing; one settled; all lost.
              if (fate <= 1 || (fate === 2 && n === 0)) continue;
              expected[record.id] = isStarted ? 1 : 0;
            }
            if (fate <= 1) await settle(fate === 0 ? store : other, found);
            if (fate === 2) await settle(store, { ...found, deliveries: found.deliveries.slice(0, 1) });
          }
          await clock.advance(leaseMs);
          const fresh = drafts('m', 80).length - claims.reduce((sum, { limit }) => sum + limit, 0);
          const charges = await chargesOf(other);
          expect(Object.keys(charges).length).toBe(Object.keys(expected).length + fresh);
          expect(charges).toMatchObject(expected);
        },
      ),
      { numRuns: 40 },
    ));

  it('is free again once a lease is settled, and not before its transaction is committed', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('m', 5));
    const shell = new Database(path);
    shell.exec("CREATE TRIGGER trap BEFORE INSERT ON agentbus_messages BEGIN SELECT RAISE(ABORT, 'trap'); END");

    const first = await lease(store, 'worker', { limit: 1 });
    // Settling it fails with its neighbour, so the place is still taken.
    const failed = await Promise.allSettled([settle(store, first), store.append(drafts('poison', 1))]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const second = await lease(store, 'worker', { limit: 1 });
    expect(leaseSlots(path)).toEqual([0, 1]);
    // A claim that fails gives its place back.
    await Promise.allSettled([claim(store, 'worker', { limit: 1 }), store.append(drafts('poison', 1))]);
    await lease(store, 'worker', { limit: 1 });
    expect(leaseSlots(path)).toEqual([0, 1, 2]);
    await settle(store, first);
    await settle(store, second);
    await lease(store, 'worker', { limit: 1 });
    expect(leaseSlots(path)).toEqual([2, 1]);
    shell.close();
  });

  it('is free again though the lease was lost to another process', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    await using store = await openStore(path, { clock });
    await using other = await openStore(path, { clock });
    await subscribe(store, 'worker');
    await store.append(drafts('m', 2));
    for (const notice of [
      (found: { token: string }) => store.renew(found.token, leaseMs),
      (found: { token: string; deliveries: readonly { seq: number }[] }) =>
        store.settle([{ token: found.token, seq: found.deliveries[0]?.seq ?? 0, outcome: { kind: 'ack' } }]),
    ]) {
      const lost = await lease(store, 'worker', { limit: 1 });
      await clock.advance(leaseMs);
      const taken = await lease(other, 'worker', { limit: 1 });
      expect([await notice(lost)].flat()).toEqual(['stale']);
      await settle(other, taken);
    }
    await store.append(drafts('again', 1));
    await lease(store, 'worker');
    expect(leaseSlots(path)).toEqual([0]);
  });
});

describe('the file itself', () => {
  it('is removed when the store is closed, unless a lease still needs it', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using beside = await openStore(path);
    await subscribe(beside, 'worker');
    await beside.append(drafts('m', 2));
    const tidy = await openStore(path);
    await settle(tidy, await lease(tidy, 'worker', { limit: 1 }));
    expect(startsFiles(path).length).toBe(1);
    await tidy.close();
    expect(startsFiles(path)).toEqual([]);
    const holder = await openStore(path);
    await lease(holder, 'worker', { limit: 1 });
    await holder.close();
    expect(startsFiles(path).length).toBe(1);
  });

  it('is removed by others once its process is dead, no lease needs it and it is old', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('m', 1));
    await using holder = startChild('./holding-process.ts', [path, '1', 'm-1', '']);
    await holder.hear();
    await holder.kill();
    const [needed = ''] = startsFiles(path);
    const dead = holder.process.pid;
    const names = {
      needed,
      unneeded: `starts-${dead}-unneeded`,
      young: `starts-${dead}-young`,
      living: `starts-${process.pid}-living`,
    };
    const file = (name: string): string => join(`${path}-run`, name);
    for (const name of Object.values(names)) if (name !== needed) writeFileSync(file(name), '');
    const longAgo = Date.now() / 1000 - 7_200;
    for (const name of [names.needed, names.unneeded, names.living]) utimesSync(file(name), longAgo, longAgo);

    await (await openStore(path)).close();
    expect(startsFiles(path).sort()).toEqual([names.needed, names.young, names.living].sort());

    await until(async () => (await chargesOf(store))['m-1'] === 1, 'the lease of the dead process has run out');
    await (await openStore(path)).close();
    expect(existsSync(file(names.needed))).toBe(false);
  });

  it('is made anew when somebody tidied it away, and what ran under the old one is charged', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    await using store = await openStore(path, { clock });
    await using other = await openStore(path, { clock });
    await subscribe(store, 'worker');
    await store.append(drafts('m', 4));
    const before = await lease(store, 'worker', { limit: 2 });
    store.markStarted(before.token, before.deliveries[0]?.seq ?? 0);
    rmSync(`${path}-run`, { recursive: true });
    const after = await lease(store, 'worker', { limit: 2 });
    store.markStarted(after.token, after.deliveries[0]?.seq ?? 0);
    await clock.advance(leaseMs);
    expect(await chargesOf(other)).toEqual({ 'm-1': 1, 'm-2': 1, 'm-3': 1, 'm-4': 0 });
    await store.append(drafts('later', 1));
    expect(await drain(store, 'worker')).toEqual(['later-1']);
  });

  it('does not spoil closing when somebody tidied it away', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const store = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('m', 1));
    await settle(store, await lease(store, 'worker'));
    rmSync(`${path}-run`, { recursive: true });
    await store.close();
    // Closed for good: the last connection took the write-ahead log along.
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('is readable by its owner only', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    await subscribe(store, 'worker');
    await store.append(drafts('m', 1));
    await lease(store, 'worker');
    expect(startsFiles(path).map((name) => statSync(join(`${path}-run`, name)).mode & 0o777)).toEqual([0o600]);
  });

  it('is cleaned away by many that open at once, and none of them stumbles', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    await using store = await openStore(path);
    expect(store.url).toContain('bus.db');
    const gone = spawnTypeScript(new URL('./child.ts', import.meta.url));
    await until(() => gone.exitCode !== null, 'a process has come and gone');
    const longAgo = Date.now() / 1000 - 7_200;
    for (let n = 0; n < 400; n += 1) {
      const file = join(`${path}-run`, `starts-${gone.pid}-${n}`);
      writeFileSync(file, '');
      utimesSync(file, longAgo, longAgo);
    }
    const children = Array.from({ length: 4 }, () => startChild('./claiming-process.ts', [path]));
    try {
      for (const child of children) expect(await child.hear()).toBe('open');
    } finally {
      for (const child of children) await child.kill();
    }
    expect(startsFiles(path)).toEqual([]);
  });
});
