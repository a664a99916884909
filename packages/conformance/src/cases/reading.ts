import assert from 'node:assert/strict';
import type { ReadQuery } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf } from '../trial.ts';

/** Looking at the log without consuming it. */
export const readingCases: readonly ConformanceCase[] = [
  conformanceCase('says where the log ends', [], async (trial) => {
    assert.equal(await trial.store.head(), 0);
    assert.deepEqual(await trial.store.read({ limit: 10 }), []);
    await trial.publish({});
    const head = await trial.store.head();
    await trial.publish({ priority: 'urgent' }, {});
    assert.deepEqual(idsOf(await trial.store.read({ afterSeq: head, limit: 10 })), ['m2', 'm3']);
    assert.deepEqual(await trial.store.read({ afterSeq: await trial.store.head(), limit: 10 }), []);
  }),

  conformanceCase('reads by pattern, ids and seq, alone and together, in order of publishing', [], async (trial) => {
    await trial.publish({ topic: 'a.x' }, { topic: 'a.y' }, { topic: 'b.x' }, { topic: 'a.x', priority: 'urgent' });
    const seqs = (await trial.store.read({ limit: 10 })).map(({ seq }) => seq);
    const second = seqs[1] ?? 0;
    const queries: [Omit<ReadQuery, 'limit'>, string[]][] = [
      [{}, ['m1', 'm2', 'm3', 'm4']],
      [{ pattern: 'a.x' }, ['m1', 'm4']],
      [{ pattern: 'a.*' }, ['m1', 'm2', 'm4']],
      [{ pattern: '*.x' }, ['m1', 'm3', 'm4']],
      [{ pattern: '>' }, ['m1', 'm2', 'm3', 'm4']],
      [{ pattern: 'c.>' }, []],
      [{ afterSeq: second }, ['m3', 'm4']],
      [{ pattern: 'a.x', afterSeq: second }, ['m4']],
      [{ pattern: 'a.*', afterSeq: second }, ['m4']],
      [{ ids: ['m4', 'unknown', 'm2', 'm4'] }, ['m2', 'm4']],
      [{ ids: [] }, []],
      [{ ids: ['m1', 'm3', 'm4'], afterSeq: second }, ['m3', 'm4']],
      [{ ids: ['m1', 'm2', 'm3'], pattern: 'a.>' }, ['m1', 'm2']],
    ];
    for (const [query, expected] of queries) {
      const what = JSON.stringify(query);
      assert.deepEqual(idsOf(await trial.store.read({ ...query, limit: 10 })), expected, what);
      assert.deepEqual(idsOf(await trial.store.read({ ...query, limit: 1 })), expected.slice(0, 1), what);
    }
  }),

  conformanceCase('reads the whole log page by page', [], async (trial) => {
    const drafts = await trial.publish(...Array.from({ length: 700 }, (_, n) => ({ topic: `many.t${n % 90}` })));
    for (const pattern of [undefined, 'many.*', '>']) {
      const read: string[] = [];
      for (let afterSeq = 0, more = true; more; ) {
        const page = await trial.store.read({ ...(pattern === undefined ? {} : { pattern }), afterSeq, limit: 64 });
        read.push(...idsOf(page));
        more = page.length === 64;
        afterSeq = page.at(-1)?.seq ?? afterSeq;
      }
      assert.deepEqual(
        read,
        drafts.map(({ id }) => id),
      );
    }
  }),

  conformanceCase('consumes nothing by reading', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({}, {});
    await trial.store.read({ limit: 10 });
    const lease = await trial.lease('worker');
    assert.deepEqual(idsOf(lease.deliveries), ['m1', 'm2']);
    await trial.settle(lease, { kind: 'ack' });
    assert.deepEqual(idsOf(await trial.store.read({ limit: 10 })), ['m1', 'm2']);
  }),
];
