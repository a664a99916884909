import { createTestClock, type TestClock } from '@agentbus/conformance';
import { createMemoryStore, type Draft, priorities, type Store } from '@agentbus/core';
import { counts, temporaryDirectory } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { draft } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, idsOf, settle, subscribe } from './working.ts';

const runs = counts(25, 1_000);

// With so many topics below each letter there are none, one, up to sixteen and more than sixteen that have something new.
const patterns = ['a.t0', 'a.*', 'b.*', 'c.*', '*.t1', '>', 'nothing.*'];
const topics = ['a.t0', ...below('b', 12), ...below('c', 30)];

function below(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${letter}.t${n}`);
}

const publishing = fc.record({
  kind: fc.constant('publish' as const),
  messages: fc.array(
    fc.record({
      topic: fc.nat(topics.length - 1),
      priority: fc.nat(3),
      fate: fc.constantFrom('plain', 'plain', 'plain', 'brief', 'delayed', 'history'),
    }),
    { minLength: 1, maxLength: 60 },
  ),
});
const claiming = fc.record({
  kind: fc.constant('claim' as const),
  pattern: fc.nat(patterns.length - 1),
  limit: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 20, max: 256 })),
  outcome: fc.constantFrom('ack', 'release', 'retry', 'leave'),
});
const waiting = fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_000 }) });
const story = fc.array(fc.oneof({ arbitrary: publishing, weight: 2 }, { arbitrary: claiming, weight: 4 }, waiting), {
  minLength: 5,
  maxLength: 40,
});

type Step = typeof story extends fc.Arbitrary<(infer One)[]> ? One : never;

/** Plays a story on a store and returns everything that it said. */
async function play(store: Store, clock: TestClock, steps: readonly Step[]): Promise<unknown[]> {
  const said: unknown[] = [];
  let published = 0;
  for (const [n, pattern] of patterns.entries()) await subscribe(store, `s${n}`, pattern);
  for (const step of steps) {
    if (step.kind === 'wait') await clock.advance(step.ms);
    else if (step.kind === 'publish') {
      const drafts = step.messages.map(({ topic, priority, fate }) => {
        published += 1;
        return draft(`m${published}`, {
          topic: topics[topic] ?? 'a.t0',
          priority: priorities[priority] ?? 'normal',
          publishedAt: clock.now(),
          ...fieldsOf(fate, clock.now()),
        });
      });
      said.push(await store.append(drafts));
    } else {
      const found = await claim(store, `s${step.pattern}`, { limit: step.limit, leaseMs: 2_000 });
      said.push([idsOf(found.lease), found.expired.map(({ record }) => record.id), found.nextDueInMs]);
      if (found.lease === undefined || step.outcome === 'leave') continue;
      const outcome =
        step.outcome === 'retry' ? { kind: step.outcome, delayMs: 500, reason: 'again' } : { kind: step.outcome };
      said.push(await settle(store, found.lease, outcome));
    }
    said.push(await store.stats());
  }
  return said;
}

function fieldsOf(fate: string, now: number): Partial<Draft> {
  if (fate === 'brief') return { expiresAt: now + 1_000 };
  if (fate === 'delayed') return { deliverAt: now + 1_500 };
  if (fate === 'history') return { settledFor: ['s1', 's3', 's5'] };
  return {};
}

describe('patterns over none, one, some and many busy topics', () => {
  it(`I13: give the same sequence as the memory store, in ${runs} stories`, () =>
    fc.assert(
      fc.asyncProperty(story, async (steps) => {
        await using directory = await temporaryDirectory();
        const path = directory.join('bus.db');
        const [modelClock, clock] = [createTestClock(), createTestClock()];
        const expected = await play(createMemoryStore({ clock: modelClock }), modelClock, steps);
        await using store = await openStore(path, { clock, durability: 'relaxed' });
        expect(await play(store, clock, steps)).toEqual(expected);
        expect(auditFile(path)).toEqual([]);
      }),
      { numRuns: runs },
    ));
});

describe('a pattern over many busy topics', () => {
  it('looks through a bounded stretch of the log in one claim, and goes on from there in the next', async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.join('bus.db'), { durability: 'relaxed' });
    await subscribe(store, 'worker', 'c.*');
    for (let at = 0; at < 50_000; at += 1_000) {
      await store.append(
        Array.from({ length: 1_000 }, (_, n) => draft(`noise-${at + n}`, { topic: 'noise', body: '0' })),
      );
    }
    await store.append(below('c', 30).map((topic) => draft(topic, { topic })));
    const first = await claim(store, 'worker');
    // Not everything at once, as the event loop stands still meanwhile; but more waits, so at once again.
    expect(first).toMatchObject({ lease: undefined, nextDueInMs: 0 });
    const second = await claim(store, 'worker');
    expect(idsOf(second.lease)).toEqual(below('c', 30));
  });
});
