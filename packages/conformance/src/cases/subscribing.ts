import assert from 'node:assert/strict';
import { matches } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { assertRejects, conformanceCase, idsOf } from '../trial.ts';

/** Standing orders: what they cover, where they begin and how they end. */
export const subscribingCases: readonly ConformanceCase[] = [
  conformanceCase('gives every subscription its own copy', [], async (trial) => {
    await trial.subscribe('one');
    await trial.subscribe('two');
    await trial.publish({}, {});
    await trial.settle(await trial.lease('one'), { kind: 'ack' });
    assert.deepEqual(idsOf((await trial.lease('two')).deliveries), ['m1', 'm2']);
  }),

  conformanceCase('confirms a subscription that exists, and leaves it where it was', [], async (trial) => {
    assert.deepEqual(await trial.subscribe('worker', { settings: { maxAttempts: 5 } }), { maxAttempts: 5 });
    await trial.publish({});
    await trial.settle(await trial.lease('worker'), { kind: 'ack' });
    // Where it begins was settled when it was made.
    for (const from of ['all', 'new', { seq: 0 }] as const) {
      assert.deepEqual(await trial.subscribe('worker', { from, settings: { maxAttempts: 5 } }), { maxAttempts: 5 });
    }
    await trial.nothing('worker');
    assert.equal((await trial.stats('worker')).acked, 1);
  }),

  conformanceCase(
    'keeps the settings that were named, and takes over those nobody has named before',
    [],
    async (trial) => {
      await trial.subscribe('worker', { settings: { maxAttempts: 5, backoff: { kind: 'list', delays: [1, 2] } } });
      assert.deepEqual(await trial.subscribe('worker', { settings: { timeoutMs: 0 } }), {
        maxAttempts: 5,
        backoff: { kind: 'list', delays: [1, 2] },
        timeoutMs: 0,
      });
      // The order of members is no difference.
      await trial.subscribe('worker', { settings: { backoff: { delays: [1, 2], kind: 'list' }, timeoutMs: 0 } });
      assert.deepEqual((await trial.stats('worker')).settings, {
        maxAttempts: 5,
        backoff: { kind: 'list', delays: [1, 2] },
        timeoutMs: 0,
      });
    },
  ),

  conformanceCase('refuses another pattern or setting under a name that exists', [], async (trial) => {
    await trial.subscribe('worker', { settings: { maxAttempts: 5 } });
    await assertRejects(trial.subscribe('worker', { pattern: 'jobs.*' }), 'config_conflict');
    await assertRejects(trial.subscribe('worker', { settings: { maxAttempts: 4, fresh: 1 } }), 'config_conflict');
    await assertRejects(trial.subscribe('worker', { settings: { maxAttempts: null } }), 'config_conflict');
    const { pattern, settings } = await trial.stats('worker');
    assert.deepEqual({ pattern, settings }, { pattern: 'jobs.>', settings: { maxAttempts: 5 } });
  }),

  conformanceCase('takes over pattern and settings from an update, for what comes from then on', [], async (trial) => {
    await trial.subscribe('worker', { settings: { maxAttempts: 5, ordered: true } });
    await trial.publish({ topic: 'jobs.a' });
    const held = await trial.lease('worker');
    const changed = { pattern: 'chores.*', settings: { maxAttempts: 9 }, update: true };
    assert.deepEqual(await trial.subscribe('worker', changed), { maxAttempts: 9, ordered: true });
    await trial.publish({ topic: 'jobs.a' }, { topic: 'chores.a' });
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m3']);
    // What was in flight under the old pattern is still owed.
    await trial.settle(held, { kind: 'release' });
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1']);
    assert.equal((await trial.stats('worker')).pattern, 'chores.*');
    await trial.subscribe('worker', { ...changed, update: false });
  }),

  conformanceCase('begins with everything, with what comes from now on, or after a seq', [], async (trial) => {
    await trial.publish({}, { priority: 'urgent' }, {}, { priority: 'low' });
    const [, second] = await trial.store.read({ limit: 10 });
    assert(second !== undefined);
    await trial.subscribe('all');
    await trial.subscribe('new', { from: 'new' });
    await trial.subscribe('after', { from: { seq: second.seq } });
    await trial.subscribe('zero', { from: { seq: 0 } });
    await trial.publish({});
    const claimed = async (name: string) => [...idsOf((await trial.lease(name)).deliveries)].sort();
    assert.deepEqual(await claimed('all'), ['m1', 'm2', 'm3', 'm4', 'm5']);
    assert.deepEqual(await claimed('zero'), ['m1', 'm2', 'm3', 'm4', 'm5']);
    assert.deepEqual(await claimed('after'), ['m3', 'm4', 'm5']);
    assert.deepEqual(await claimed('new'), ['m5']);
  }),

  conformanceCase(
    'begins with what comes from now on when told to begin after a seq not reached yet',
    [],
    async (trial) => {
      // A seq is only ever known from a message that was read. One from the future is a bookmark of another store, and
      // silence until the log has grown so far would look like loss.
      await trial.publish({});
      await trial.subscribe('worker', { from: { seq: (await trial.store.head()) + 100 } });
      await trial.publish({});
      assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m2']);
    },
  ),

  conformanceCase('delivers what matches the pattern and nothing else', [], async (trial) => {
    // With neighbours that a LIKE, a GLOB, a prefix or a case-insensitive comparison would take for matches.
    const topics = ['jobs', 'jobs.a', 'jobs.a.b', 'jobs.ab', 'jobs.a_b', 'jobs.axb', 'Jobs.a', 'jobs.a%25b', 'jobsx.a'];
    const patterns = [
      'jobs',
      'jobs.a',
      'jobs.*',
      'jobs.>',
      '*',
      '*.a',
      '>',
      '*.*.b',
      'jobs.a_b',
      'jobs.*.>',
      'jobs.a%25b',
    ];
    for (const [n, pattern] of patterns.entries()) await trial.subscribe(`by-pattern-${n}`, { pattern });
    await trial.publish(...topics.map((topic) => ({ topic })));
    for (const [n, pattern] of patterns.entries()) {
      const { deliveries } = await trial.lease(`by-pattern-${n}`);
      assert.deepEqual(
        deliveries.map(({ record }) => record.topic),
        topics.filter((topic) => matches(pattern, topic)),
        pattern,
      );
    }
  }),

  conformanceCase('follows hundreds of topics under one wildcard in order of publishing', [], async (trial) => {
    await trial.subscribe('early', { pattern: 'many.*.in' });
    const drafts = await trial.publish(
      ...Array.from({ length: 600 }, (_, n) => ({ topic: `many.t${(n * 7) % 200}.${n % 3 === 0 ? 'out' : 'in'}` })),
    );
    await trial.subscribe('late', { pattern: 'many.*.in' });
    const expected = drafts.filter(({ topic }) => topic.endsWith('in')).map(({ id }) => id);
    for (const name of ['early', 'late']) {
      const claimed: string[] = [];
      for (let claims = 0; claims < 10; claims += 1) {
        claimed.push(...idsOf((await trial.lease(name, { limit: 40 })).deliveries));
      }
      assert.deepEqual(claimed, expected);
      await trial.nothing(name);
    }
  }),

  conformanceCase('finds what it is owed behind much that is none of its business', [], async (trial) => {
    await trial.subscribe('worker', { pattern: 'jobs.a' });
    await trial.subscribe('wild', { pattern: 'jobs.*' });
    await trial.publish(...Array.from({ length: 5_000 }, (_, n) => ({ topic: `noise.t${n % 3}` })), {});
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 1 })).deliveries), ['m5001']);
    assert.deepEqual(idsOf((await trial.lease('wild', { limit: 1 })).deliveries), ['m5001']);
  }),

  conformanceCase('ends a subscription with everything it was owed, and no other', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.subscribe('other');
    await trial.publish({}, {}, {});
    const lease = await trial.lease('worker', { limit: 2 });
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless' }, ['m1']);
    assert.equal(await trial.store.removeSubscription('worker'), true);
    assert.equal(await trial.store.removeSubscription('worker'), false);
    assert.deepEqual(await trial.settle(lease, { kind: 'ack' }, ['m2']), ['stale']);
    assert.equal(await trial.store.renew(lease.token, 1_000), 'stale');
    assert.deepEqual(
      (await trial.store.stats()).subscriptions.map(({ name }) => name),
      ['other'],
    );
    assert.deepEqual(idsOf((await trial.lease('other')).deliveries), ['m1', 'm2', 'm3']);
  }),

  conformanceCase(
    'I5: makes a removed subscription anew, untouched by its former leases and dead letters',
    [],
    async (trial) => {
      await trial.subscribe('worker', { settings: { maxAttempts: 5 } });
      await trial.publish({}, {});
      const former = await trial.lease('worker');
      await trial.settle(former, { kind: 'dead', reason: 'hopeless' }, ['m1']);
      await trial.store.removeSubscription('worker');
      assert.deepEqual(await trial.subscribe('worker', { settings: { maxAttempts: 1 } }), { maxAttempts: 1 });
      assert.deepEqual(await trial.store.deadLetters('worker', { limit: 10 }), []);
      const lease = await trial.lease('worker');
      assert.deepEqual(
        lease.deliveries.map(({ record: { id }, starts }) => ({ id, starts })),
        [
          { id: 'm1', starts: 0 },
          { id: 'm2', starts: 0 },
        ],
      );
      assert.deepEqual(await trial.settle(former, { kind: 'ack' }), ['stale', 'stale']);
      assert.equal(await trial.store.renew(former.token, 1_000), 'stale');
      assert.deepEqual(await trial.settle(lease, { kind: 'ack' }), ['ok', 'ok']);
    },
  ),

  conformanceCase('refuses to work for a subscription that nobody opened', [], async (trial) => {
    await assertRejects(trial.claim('nobody'), 'unknown_subscription');
    await assertRejects(trial.store.deadLetters('nobody', { limit: 1 }), 'unknown_subscription');
    await assertRejects(trial.store.resolveDead('nobody', 'redrive', {}), 'unknown_subscription');
    await assertRejects(trial.store.resolveDead('nobody', 'discard', {}), 'unknown_subscription');
  }),
];
