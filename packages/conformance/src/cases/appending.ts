import assert from 'node:assert/strict';
import type { Draft } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { assertRejects, conformanceCase, idsOf } from '../trial.ts';

/** Keeping messages: all or none, in order, unaltered. */
export const appendingCases: readonly ConformanceCase[] = [
  conformanceCase('I2: reads a message back exactly as it was published, every field of it', [], async (trial) => {
    const [full, bare] = await trial.publish(
      {
        key: 'task-7',
        priority: 'high',
        headers: { b: '2', a: '1' },
        correlationId: 'conversation',
        causationId: 'cause',
        source: 'planner',
        expiresAt: trial.clock.now() + 60_000,
        deliverAt: trial.clock.now() - 1,
      },
      { body: 'null' },
    );
    const stored = await trial.store.read({ limit: 10 });
    assert.deepEqual(
      stored.map(({ record }) => record),
      [full, bare],
    );
  }),

  conformanceCase('I3: keeps the messages of a batch in their order, each behind the one before', [], async (trial) => {
    await trial.publish({}, { topic: 'jobs.b' }, { priority: 'urgent' });
    await trial.publish({ priority: 'low' });
    const stored = await trial.store.read({ limit: 10 });
    assert.deepEqual(idsOf(stored), ['m1', 'm2', 'm3', 'm4']);
    const seqs = stored.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((a, b) => a - b),
    );
    assert.equal(await trial.store.head(), seqs.at(-1));
  }),

  conformanceCase('I3: keeps a batch of a thousand whole', [], async (trial) => {
    await trial.subscribe('worker');
    const drafts = await trial.publish(...Array.from({ length: 1000 }, (_, n) => ({ topic: `jobs.t${n % 7}` })));
    const claimed: Draft[] = [];
    // A store may give less than the limit, so that no lease grows out of hand.
    while (claimed.length < drafts.length) {
      const { deliveries } = await trial.lease('worker', { limit: 1000 });
      claimed.push(...deliveries.map(({ record }) => record));
    }
    assert.deepEqual(claimed, drafts);
  }),

  conformanceCase('I3: keeps nothing of a batch in which one id is taken by another message', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ id: 'taken' });
    const before = trial.draft();
    const delayed = trial.draft({ deliverAt: trial.clock.now() + 1_000 });
    const conflict = trial.draft({ id: 'taken', body: '"something else"' });
    await assertRejects(trial.store.append([before, delayed, conflict]), 'id_conflict');
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['taken']);
    assert.deepEqual((await trial.store.stats()).topics, [{ topic: 'jobs.a', messages: 1, delayed: 0 }]);
    // The ids that came along in vain are still free.
    assert.deepEqual(await trial.store.append([before, delayed]), [{ duplicate: false }, { duplicate: false }]);
  }),

  conformanceCase('I3: keeps nothing of a batch that settles for a subscription nobody opened', [], async (trial) => {
    await trial.subscribe('worker');
    const drafts = [trial.draft(), trial.draft({ settledFor: ['worker', 'nobody'] })];
    await assertRejects(trial.store.append(drafts), 'unknown_subscription');
    assert.equal(await trial.store.head(), 0);
    await trial.nothing('worker');
  }),

  conformanceCase('takes an empty batch and changes nothing', [], async (trial) => {
    assert.deepEqual(await trial.store.append([]), []);
    assert.equal(await trial.store.head(), 0);
  }),

  conformanceCase('I9: keeps one message of several with the same id and content', [], async (trial) => {
    await trial.subscribe('worker');
    const draft = trial.draft({ key: 'k', headers: { one: '1', two: '2' } });
    assert.deepEqual(await trial.store.append([draft]), [{ duplicate: false }]);
    assert.deepEqual(await trial.store.append([{ ...draft, headers: { two: '2', one: '1' } }]), [{ duplicate: true }]);
    const { deliveries } = await trial.lease('worker');
    assert.deepEqual(
      deliveries.map(({ record }) => record),
      [draft],
    );
  }),

  conformanceCase('I9: takes a second try for the same message though its times differ', [], async (trial) => {
    const [first] = await trial.publish({ id: 'once', expiresAt: trial.clock.now() + 5_000 });
    await trial.clock.advance(1_000);
    const again = trial.draft({ ...first, publishedAt: trial.clock.now(), source: 'reborn', correlationId: 'other' });
    assert.deepEqual(await trial.store.append([again, trial.draft()]), [{ duplicate: true }, { duplicate: false }]);
    const [stored] = await trial.store.read({ ids: ['once'], limit: 10 });
    assert.deepEqual(stored?.record, first);
  }),

  conformanceCase('I9: refuses an id with another topic, payload, key, priority or headers', [], async (trial) => {
    const [first] = await trial.publish({ id: 'once', key: 'k', headers: { a: '1' } });
    const others: Partial<Draft>[] = [
      { topic: 'jobs.b' },
      { body: '{"n": 1}' },
      { key: 'l' },
      { priority: 'high' },
      { headers: { a: '2' } },
      { headers: { a: '1', b: '' } },
    ];
    for (const other of others) {
      await assertRejects(trial.store.append([trial.draft({ ...first, ...other })]), 'id_conflict');
    }
    assert.equal((await trial.store.read({ limit: 10 })).length, 1);
  }),

  conformanceCase('I9: recognises one id within one batch', [], async (trial) => {
    const draft = trial.draft();
    const results = await trial.store.append([draft, trial.draft(), draft]);
    assert.deepEqual(results, [{ duplicate: false }, { duplicate: false }, { duplicate: true }]);
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1', 'm2']);
    const twins = [trial.draft({ id: 'twin' }), trial.draft({ id: 'twin', topic: 'jobs.b' })];
    await assertRejects(trial.store.append(twins), 'id_conflict');
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1', 'm2']);
  }),

  conformanceCase('I9: knows the id of a delayed message, before it is due and after', ['clock'], async (trial) => {
    const draft = trial.draft({ deliverAt: trial.clock.now() + 1_000 });
    const twice = await trial.store.append([draft, draft]);
    assert.deepEqual(twice, [{ duplicate: false }, { duplicate: true }]);
    for (const wait of [0, 1_000]) {
      await trial.clock.advance(wait);
      assert.deepEqual(await trial.store.append([draft]), [{ duplicate: true }]);
      await assertRejects(trial.store.append([{ ...draft, body: '0' }]), 'id_conflict');
    }
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1']);
  }),

  conformanceCase('I9: remembers an id after everybody has dealt with its message', [], async (trial) => {
    await trial.subscribe('worker');
    const [draft] = await trial.publish({});
    assert(draft !== undefined);
    await trial.settle(await trial.lease('worker'), { kind: 'ack' });
    assert.deepEqual(await trial.store.append([draft]), [{ duplicate: true }]);
    await trial.nothing('worker');
  }),

  conformanceCase(
    'I8: stores history for the subscriptions it is settled for, and owes it to the others',
    [],
    async (trial) => {
      await trial.subscribe('reader');
      await trial.subscribe('auditor');
      await trial.publish({ settledFor: ['reader'] }, {}, { settledFor: ['reader', 'auditor', 'reader'] });
      assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1', 'm2', 'm3']);
      // Settled is settled: nobody has to claim before the figures say so.
      for (const claimed of [false, true]) {
        const { ready, leased, acked } = await trial.stats('reader');
        assert.deepEqual({ ready: ready + leased, acked }, { ready: 1, acked: 2 });
        if (!claimed) assert.deepEqual(idsOf((await trial.lease('reader')).deliveries), ['m2']);
      }
      assert.deepEqual(idsOf((await trial.lease('auditor')).deliveries), ['m1', 'm2']);
    },
  ),

  conformanceCase('does not settle a duplicate for anybody who is owed it', [], async (trial) => {
    await trial.subscribe('worker');
    const [draft] = await trial.publish({});
    assert(draft !== undefined);
    await trial.store.append([{ ...draft, settledFor: ['worker'] }]);
    assert.deepEqual(idsOf((await trial.lease('worker')).deliveries), ['m1']);
  }),
];
