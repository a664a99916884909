import assert from 'node:assert/strict';
import type { Priority } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { conformanceCase, idsOf, type Trial } from '../trial.ts';

/** Publishes `count` messages of each priority, named `urgent-1`, `urgent-2`, … */
async function publishLanes(trial: Trial, count: number, lanes: readonly Priority[]): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n + 1);
  await trial.publish(...lanes.flatMap((priority) => numbers.map((n) => ({ id: `${priority}-${n}`, priority }))));
}

const everyLane: readonly Priority[] = ['low', 'normal', 'high', 'urgent'];

/** What comes first. */
export const orderingCases: readonly ConformanceCase[] = [
  conformanceCase('delivers in order of publishing, across topics and claims', [], async (trial) => {
    await trial.subscribe('worker');
    const drafts = await trial.publish(
      ...Array.from({ length: 12 }, (_, n) => ({ topic: `jobs.${'abc'.charAt(n % 3)}` })),
    );
    const claimed: string[] = [];
    for (const limit of [1, 5, 2, 4]) claimed.push(...idsOf((await trial.lease('worker', { limit })).deliveries));
    assert.deepEqual(
      claimed,
      drafts.map(({ id }) => id),
    );
  }),

  conformanceCase('lets the priorities take turns round the wheel, claim by claim', [], async (trial) => {
    await trial.subscribe('worker');
    await publishLanes(trial, 8, everyLane);
    const claimed: string[] = [];
    for (let claims = 0; claims < 15; claims += 1) {
      claimed.push(...idsOf((await trial.lease('worker', { limit: 1 })).deliveries));
    }
    assert.deepEqual(claimed, [
      'urgent-1',
      'high-1',
      'urgent-2',
      'normal-1',
      'urgent-3',
      'high-2',
      'urgent-4',
      'low-1',
      'urgent-5',
      'high-3',
      'urgent-6',
      'normal-2',
      'urgent-7',
      'high-4',
      'normal-3',
    ]);
  }),

  conformanceCase('fills a claim from the lane whose turn it is, then from urgent to low', [], async (trial) => {
    await trial.subscribe('worker');
    await publishLanes(trial, 2, everyLane);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 3 })).deliveries), ['urgent-1', 'urgent-2', 'high-1']);
    // The second turn begins with high, and urgent has nothing left.
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 3 })).deliveries), ['high-2', 'normal-1', 'normal-2']);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 3 })).deliveries), ['low-1', 'low-2']);
  }),

  conformanceCase('gives low messages a place though urgent ones never end', [], async (trial) => {
    await trial.subscribe('worker');
    await publishLanes(trial, 30, ['urgent', 'low']);
    const claimed: string[] = [];
    for (let claims = 0; claims < 15; claims += 1) {
      claimed.push(...idsOf((await trial.lease('worker', { limit: 1 })).deliveries));
    }
    assert.equal(claimed.filter((id) => id.startsWith('low-')).length, 1);
  }),

  conformanceCase('counts turns for each subscription, and only when new messages were taken', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.subscribe('other');
    await trial.nothing('worker');
    await publishLanes(trial, 3, ['urgent', 'high']);
    await trial.lease('other', { limit: 1 });
    const first = await trial.lease('worker', { limit: 1 });
    assert.deepEqual(idsOf(first.deliveries), ['urgent-1']);
    await trial.settle(first, { kind: 'release' });
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 1 })).deliveries), ['urgent-1']);
    assert.deepEqual(idsOf((await trial.lease('worker', { limit: 1 })).deliveries), ['high-1']);
  }),

  conformanceCase('delivers what is owed again before what is new', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish({ priority: 'low' }, {}, {});
    const lease = await trial.lease('worker');
    await trial.publish({ priority: 'urgent' });
    await trial.settle(lease, { kind: 'release' }, ['m2', 'm1']);
    const { deliveries } = await trial.lease('worker', { limit: 3 });
    assert.deepEqual(idsOf(deliveries), ['m1', 'm2', 'm4']);
  }),
];
