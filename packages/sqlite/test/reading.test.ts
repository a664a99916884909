import { temporaryDirectory } from '@agentbus/testkit';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { draft } from './drafts.ts';
import { openStore } from './open-store.ts';
import { afterEachStatement } from './statements.ts';
import { subscribe } from './working.ts';

/** A process that publishes and claims in no time: between two statements of ours. */
interface Neighbour extends Disposable {
  publish(id: string, topic: string): void;
}

function createNeighbour(path: string): Neighbour {
  const connection = new Database(path);
  const head = connection.prepare('SELECT head FROM agentbus_meta').pluck();
  return {
    publish(id, topic) {
      connection.exec('BEGIN IMMEDIATE');
      const seq = Number(head.get()) + 1;
      const topicId = connection.prepare('SELECT id FROM agentbus_topics WHERE name = ?').pluck().get(topic);
      connection
        .prepare(
          "INSERT INTO agentbus_messages (seq, id, topic, lane, published_at, source, body) VALUES (?, ?, ?, 2, 0, '', '0')",
        )
        .run(seq, id, topicId);
      connection
        .prepare('UPDATE agentbus_topics SET last2 = ?, messages = messages + 1 WHERE id = ?')
        .run(seq, topicId);
      connection.prepare('UPDATE agentbus_meta SET head = ?').run(seq);
      connection.exec('COMMIT');
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

describe('reading while others write', () => {
  it('I1: leaves no gap: whatever is committed meanwhile comes after the page, or is on it', async () => {
    await using directory = await temporaryDirectory();
    for (let moment = 1; moment <= 12; moment += 1) {
      const path = directory.join(`bus-${moment}.db`);
      let countdown = 0;
      let intrude = (): void => {};
      using _hook = afterEachStatement(() => {
        countdown -= 1;
        if (countdown === 0) intrude();
      });
      await using store = await openStore(path);
      await store.append([draft('m1', { topic: 'jobs.a' }), draft('m2', { topic: 'jobs.b' })]);
      using neighbour = createNeighbour(path);
      let intruded = false;
      intrude = () => {
        neighbour.publish('m3', 'jobs.a');
        neighbour.publish('m4', 'jobs.b');
        intruded = true;
      };
      countdown = moment;
      const page = await store.read({ pattern: 'jobs.*', limit: 10 });
      countdown = 0;
      const rest = await store.read({ pattern: 'jobs.*', afterSeq: page.at(-1)?.seq ?? 0, limit: 10 });
      expect(intruded || moment > 4, 'there are at least four statements to intrude between').toBe(true);
      expect(
        [...page, ...rest].map(({ record }) => record.id),
        `after statement ${moment}`,
      ).toEqual(intruded ? ['m1', 'm2', 'm3', 'm4'] : ['m1', 'm2']);
    }
  });

  it('I8: counts a message that moves meanwhile in exactly one place', async () => {
    await using directory = await temporaryDirectory();
    for (let moment = 1; moment <= 12; moment += 1) {
      const path = directory.join(`bus-${moment}.db`);
      let countdown = 0;
      let intrude = (): void => {};
      using _hook = afterEachStatement(() => {
        countdown -= 1;
        if (countdown === 0) intrude();
      });
      await using store = await openStore(path);
      await subscribe(store, 'worker');
      await store.append([draft('m1', { topic: 'jobs.a' }), draft('m2', { topic: 'jobs.b' })]);
      using neighbour = createNeighbour(path);
      let published = 2;
      intrude = () => {
        neighbour.publish('m3', 'jobs.a');
        published = 3;
      };
      countdown = moment;
      const { topics, subscriptions } = await store.stats();
      countdown = 0;
      const counted = topics.reduce((sum, { messages }) => sum + messages, 0);
      expect(subscriptions[0]?.ready, `after statement ${moment}`).toBe(counted);
      expect([2, published]).toContain(counted);
    }
  });
});

describe('figures', () => {
  it('take no more statements for many busy topics than for one', async () => {
    await using directory = await temporaryDirectory();
    let statements = 0;
    using _hook = afterEachStatement(() => {
      statements += 1;
    });
    await using store = await openStore(directory.join('bus.db'));
    await subscribe(store, 'worker');
    const count = async (): Promise<number> => {
      const before = statements;
      await store.stats();
      return statements - before;
    };
    await store.append([draft('m')]);
    const forOne = await count();
    await store.append(Array.from({ length: 60 }, (_, n) => draft(`m${n}`, { topic: `jobs.t${n}` })));
    expect(await count()).toBe(forOne);
  });
});

describe('reading a long log', () => {
  it('of many busy topics yields page after page, each in order, and all of it once', async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.join('bus.db'), { durability: 'relaxed' });
    const expected: string[] = [];
    for (let at = 0; at < 3_000; at += 500) {
      const batch = Array.from({ length: 500 }, (_, n) => {
        const id = at + n;
        const wanted = id % 3 !== 0;
        if (wanted) expected.push(`m${id}`);
        const priority = id % 5 === 0 ? 'urgent' : 'normal';
        return draft(`m${id}`, { topic: wanted ? `jobs.t${id % 40}` : 'noise', priority, body: '0' });
      });
      await store.append(batch);
    }
    const read: string[] = [];
    for (let afterSeq = 0; ; ) {
      const page = await store.read({ pattern: 'jobs.*', afterSeq, limit: 70 });
      read.push(...page.map(({ record }) => record.id));
      const last = page.at(-1);
      if (last === undefined) break;
      afterSeq = last.seq;
    }
    expect(read).toEqual(expected);
  });
});
