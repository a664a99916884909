import { readFileSync } from 'node:fs';
import type { Draft } from '@agentbus/core';
import { temporaryDirectory } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { draft, drafts } from './drafts.ts';
import { type Observed, openObserved } from './store-connection.ts';
import { claim, lease, settle, subscribe } from './working.ts';

const large = ['agentbus_messages', 'agentbus_exceptions', 'agentbus_leases', 'agentbus_delayed'];

interface PlanStep {
  readonly detail: string;
}

function planOf(connection: Database.Database, sql: string): string[] {
  const named = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]));
  const positional = [...sql.matchAll(/\?/g)].map(() => 1);
  const plan = connection.prepare<unknown[], PlanStep>(`EXPLAIN QUERY PLAN ${sql}`);
  return plan.all(...positional, named).map(({ detail }) => detail);
}

/** Puts the store through everything that prepares or runs a statement, and returns the statements on our tables. */
async function collectStatements({ store, statements }: Observed): Promise<string[]> {
  await subscribe(store, 'worker');
  await subscribe(store, 'exact', 'jobs.a');
  await store.append(Array.from({ length: 40 }, (_, n) => draft(`m${n}`, { topic: `jobs.t${n}` })));
  await store.append(drafts('late', 40, { deliverAt: Date.now() + 60_000 }));
  await store.append([draft('a')]);
  const found = await lease(store, 'worker', { limit: 5 });
  await settle(store, found, { kind: 'dead', reason: 'hopeless' });
  await store.deadLetters('worker', { limit: 10 });
  await store.resolveDead('worker', 'redrive', { ids: ['m1'] });
  await store.read({ pattern: 'jobs.*', limit: 10 });
  await store.read({ pattern: 'jobs.a', limit: 10 });
  await store.read({ ids: ['m1'], limit: 10 });
  await store.stats();
  return [...statements].filter((sql) => /agentbus_/.test(sql) && /^(SELECT|UPDATE|DELETE)/i.test(sql));
}

/** Figures and housekeeping may look at whole tables, as they come rarely; each with what makes it bearable. */
const mayScan: readonly (readonly [RegExp, RegExp])[] = [
  // Leases are few: at open and close only.
  [/FROM agentbus_leases WHERE starts_file = \?/, /^SCAN agentbus_leases$/],
  // Figures: the delayed messages of each topic.
  [/^select "topic", count\(\*\) from "agentbus_delayed"/, /^SCAN agentbus_delayed$/],
];

describe('every statement', () => {
  for (const analyzed of [false, true]) {
    it(`finds its rows through an index and sorts none${analyzed ? ', also after ANALYZE' : ''}`, async () => {
      await using directory = await temporaryDirectory();
      await using observed = await openObserved(directory.join('bus.db'));
      const statements = await collectStatements(observed);
      expect(statements.length).toBeGreaterThan(40);
      const planner = new Database(directory.join('bus.db'));
      if (analyzed) planner.exec('ANALYZE');
      const faults = statements.flatMap((sql) =>
        planOf(planner, sql)
          .filter((step) => {
            const allowed = mayScan.some(([statement, plan]) => statement.test(sql) && plan.test(step));
            const scansLarge = /^SCAN (\w+)/.test(step) && isLarge(sql, /^SCAN (\w+)/.exec(step)?.[1] ?? '');
            return !allowed && (scansLarge || /TEMP B-TREE FOR ORDER BY/.test(step) || /AUTOMATIC/.test(step));
          })
          .map((step) => `${step}: ${sql}`),
      );
      planner.close();
      expect(faults).toEqual([]);
    });
  }

  it('reads the index that was made for it', async () => {
    await using directory = await temporaryDirectory();
    await using observed = await openObserved(directory.join('bus.db'));
    const statements = await collectStatements(observed);
    const planner = new Database(directory.join('bus.db'));
    const plansOf = (pattern: RegExp): string[][] => {
      // A plus keeps SQLite from choosing the plan by the value bound; see connection.ts.
      const matching = statements.filter((sql) => pattern.test(sql.replaceAll('+?', '?').replaceAll('? + 0', '?')));
      expect(matching.length, `statements like ${pattern}`).toBeGreaterThan(0);
      return matching.map((sql) => planOf(planner, sql));
    };
    const expectations: readonly (readonly [RegExp, string])[] = [
      [/e\.state = 1 AND e\.due <= \?/, 'USING INDEX agentbus_exceptions_waiting (subscription=? AND due<?)'],
      [/e\.state = 2 AND e\.due <= \?/, 'USING INDEX agentbus_exceptions_suspect (subscription=? AND due<?)'],
      [/^SELECT due .* state = 1 /, 'USING COVERING INDEX agentbus_exceptions_waiting (subscription=?)'],
      [/e\.state = 3 AND e\.seq > \?/, 'USING INDEX agentbus_exceptions_dead (subscription=? AND seq>?)'],
      [
        /^SELECT seq FROM agentbus_messages/,
        'USING COVERING INDEX agentbus_messages_by_topic (topic=? AND lane=? AND rowid>?)',
      ],
      [
        /EXISTS \(SELECT 1 FROM agentbus_subscription_topics st WHERE st.subscription = \? AND st.topic = m.topic\)/,
        'SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
      ],
      [
        /FROM agentbus_leases INDEXED BY .* until <= \?/,
        'USING INDEX agentbus_leases_by_end (subscription=? AND until<?)',
      ],
      [/min\(deliver_at\)/, 'USING COVERING INDEX agentbus_delayed_by_time'],
      [/FROM agentbus_messages m .* m\.id = \?$/, 'USING INDEX agentbus_messages_id_unique (id=?)'],
      [/topic IN \(SELECT value/, 'SEARCH m USING INTEGER PRIMARY KEY (rowid>?)'],
    ];
    for (const [pattern, step] of expectations) {
      for (const plan of plansOf(pattern)) expect(plan.join('\n'), String(pattern)).toContain(step);
    }
    planner.close();
  });
});

/** Whether an alias in a plan stands for one of the tables that grow. */
function isLarge(sql: string, alias: string): boolean {
  if (large.includes(alias)) return true;
  return large.some((table) => new RegExp(`${table}"? "?${alias}\\b`).test(sql));
}

/** The pages that this process has asked the operating system for. */
function readCalls(): number {
  return Number(/^syscr: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

const crowds: Readonly<Record<string, (observed: Observed) => Promise<void>>> = {
  'a backlog of 20,000': async ({ store }) => append(store, 'backlog', 20_000),
  '20,000 leased ahead': async ({ store }) => {
    await append(store, 'leased', 20_000);
    for (let n = 0; n < 20_000; n += 200) await lease(store, 'worker', { limit: 200, leaseMs: 3_600_000 });
  },
  '20,000 delayed ahead': ({ store }) => append(store, 'delayed', 20_000, { deliverAt: Date.now() + 3_600_000 }),
  '20,000 to be retried later': async ({ store }) => {
    await append(store, 'failed', 20_000);
    for (let n = 0; n < 20_000; n += 200) {
      const failed = await lease(store, 'worker', { limit: 200 });
      await settle(store, failed, { kind: 'retry', delayMs: 3_600_000, reason: 'busy' });
    }
  },
  '20,000 dead': async ({ store }) => {
    await append(store, 'dead', 20_000);
    for (let n = 0; n < 20_000; n += 200) {
      await settle(store, await lease(store, 'worker', { limit: 200 }), { kind: 'dead', reason: 'hopeless' });
    }
  },
};

async function append(
  store: Observed['store'],
  prefix: string,
  count: number,
  fields: Partial<Draft> = {},
): Promise<void> {
  for (let at = 0; at < count; at += 500) {
    await store.append(Array.from({ length: 500 }, (_, n) => draft(`${prefix}-${at + n}`, { ...fields, body: '{}' })));
  }
}

/** The pages read by claims of ten and their acks, with almost nothing kept in memory. */
async function countPages({ store, connection }: Observed, claims: number): Promise<number> {
  const cache = connection.pragma('cache_size', { simple: true });
  connection.pragma('cache_size = 1');
  await claimTen(store);
  const before = readCalls();
  for (let n = 0; n < claims; n += 1) await claimTen(store);
  const pages = (readCalls() - before) / claims;
  connection.pragma(`cache_size = ${Number(cache)}`);
  return pages;
}

async function claimTen(store: Observed['store']): Promise<void> {
  const { lease: found } = await claim(store, 'worker', { limit: 10 });
  expect(found?.deliveries.length).toBe(10);
  if (found !== undefined) await settle(store, found);
}

describe.skipIf(process.platform !== 'linux')('a claim', () => {
  for (const [what, crowd] of Object.entries(crowds)) {
    it(`touches no more of the file with ${what}`, async () => {
      await using directory = await temporaryDirectory();
      await using observed = await openObserved(directory.join('bus.db'), { durability: 'relaxed' });
      await subscribe(observed.store, 'worker');
      await append(observed.store, 'first', 1_000);
      const alone = await countPages(observed, 20);
      await crowd(observed);
      await append(observed.store, 'second', 1_000);
      const crowded = await countPages(observed, 20);
      // A deeper tree costs a page here and there; looking at what is in the way would cost hundreds.
      expect(crowded).toBeLessThan(alone * 3);
    });
  }

  it('and a subscription from now on cost no more in a long log', async () => {
    await using directory = await temporaryDirectory();
    await using observed = await openObserved(directory.join('bus.db'), { durability: 'relaxed' });
    const { store, connection } = observed;
    const open = async (name: string): Promise<number> => {
      connection.pragma('cache_size = 1');
      const before = readCalls();
      await store.openSubscription({ name, pattern: '>', from: 'new', settings: {} });
      return readCalls() - before;
    };
    await append(store, 'first', 1_000);
    await open('warm');
    const short = await open('early');
    await append(store, 'second', 20_000);
    expect(await open('late')).toBeLessThan(short * 3);
  });
});
