import { createTestClock } from '@agentbus/conformance';
import { createMemoryStore, openBus } from '@agentbus/core';
import { consume, deadLetter, deadLetters, discard, fixed, nack, redrive, release } from '@agentbus/delivery';
import { until } from '@agentbus/testkit';
import { expect, test } from 'vitest';
import { collectMetrics, type TotalCounts } from '../src/index.ts';

test('counts what a real consumer does: acks, retries, a release, a death, a redrive and a second death', async () => {
  const clock = createTestClock();
  await using bus = await openBus({ clock, store: createMemoryStore({ clock }) });
  using metrics = collectMetrics(bus);
  let released = false;
  await consume(bus, { name: 'worker', pattern: 'tasks', backoff: fixed(1_000) }, ({ message, attempt }) => {
    if (message.payload === 'retried' && attempt < 3) return nack();
    if (message.payload === 'given up') return deadLetter('hopeless');
    if (message.payload !== 'released' || released) return undefined;
    released = true;
    return release();
  });
  const reached = (name: keyof TotalCounts, count: number): Promise<boolean> =>
    until(async () => {
      await clock.advance(1_000);
      return metrics.snapshot().totals[name] === count;
    }, `${name} is ${count}`);

  for (const payload of ['plain', 'retried', 'given up', 'released']) await bus.publish('tasks', payload);
  await reached('acked', 3);
  const first = { dispatched: 7, acked: 3, nacked: 2, released: 1, deadLettered: 1, storeErrors: 0 };
  expect(metrics.snapshot().totals).toMatchObject(first);
  expect(metrics.snapshot().topics).toContainEqual(expect.objectContaining({ topic: 'tasks', published: 4 }));

  await redrive(bus, 'worker');
  await reached('deadLettered', 2);
  const [dead] = await deadLetters(bus, 'worker');
  await discard(bus, 'worker', { ids: [dead?.message.id ?? ''] });
  const { totals, latencies } = metrics.snapshot();
  expect(totals).toMatchObject({ ...first, dispatched: 8, deadLettered: 2, redriven: 1, discarded: 1 });
  // Of the eight starts, two were second and third attempts.
  expect(latencies.publishToDispatch.count).toBe(6);
  expect(latencies.processing.count).toBe(5);
  expect(latencies.settling.count).toBe(3);
});
