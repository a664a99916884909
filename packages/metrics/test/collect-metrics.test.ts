import { createTestClock } from '@agentbus/conformance';
import { type BusEventInput, type DeliverySubject, defineTopic, openBus } from '@agentbus/core';
import { expect, test } from 'vitest';
import { collectMetrics, otherName } from '../src/index.ts';

const delivery: DeliverySubject = {
  messageId: 'm',
  topic: 'agents.planner.inbox',
  correlationId: 'm',
  subscription: 'planner',
  consumer: 'planner-1',
  attempt: 1,
};

test('counts what is published by topic: new, duplicate and transient', async () => {
  await using bus = await openBus({ topics: [defineTopic('ui.>', { durable: false })] });
  using metrics = collectMetrics(bus);
  await bus.publish('notes', 'one', { id: 'same' });
  await bus.publish('notes', 'one', { id: 'same' });
  await bus.publishAll([
    { topic: 'notes', payload: 'two' },
    { topic: 'alerts', payload: 'three' },
  ]);
  await bus.publish('ui.typing', true);
  const { topics, totals, latencies } = metrics.snapshot();
  expect(topics.map(({ topic, published, duplicates }) => [topic, published, duplicates])).toEqual([
    ['alerts', 1, 0],
    ['notes', 2, 1],
    ['ui.typing', 1, 0],
  ]);
  expect(totals).toMatchObject({ published: 4, duplicates: 1 });
  expect(topics.map(({ publishToDurable }) => publishToDurable.count)).toEqual([1, 3, 0]);
  expect(latencies.publishToDurable.count).toBe(4);
});

test('counts every fate of a delivery by subscription', async () => {
  await using bus = await openBus();
  using metrics = collectMetrics(bus);
  const events: readonly BusEventInput[] = [
    { type: 'dispatch', waitedMs: 1, ...delivery },
    { type: 'dispatch', waitedMs: 1, ...delivery },
    { type: 'ack', processingMs: 1, settlingMs: 1, ...delivery },
    { type: 'nack', processingMs: 1, delayMs: 1, reason: 'busy', ...delivery },
    { type: 'release', ...delivery },
    { type: 'dead-letter', reason: 'poison', ...delivery },
    { type: 'lease-lost', ...delivery },
    { type: 'expire', messageId: 'm', topic: 'notes', correlationId: 'm', subscription: 'planner' },
    { type: 'redrive', subscription: 'planner', messageIds: ['a', 'b'] },
    { type: 'discard', subscription: 'planner', messageIds: ['c', 'd', 'e'] },
    { type: 'ack', processingMs: 1, settlingMs: 1, ...delivery, subscription: 'coder' },
    { type: 'overflow', pattern: 'ui.>', dropped: 7 },
    { type: 'handler-error', error: new Error('broken') },
    { type: 'store-error', error: new Error('full'), doing: 'claiming' },
  ];
  for (const event of events) bus.emit(event);
  const { subscriptions, totals } = metrics.snapshot();
  const planner = {
    dispatched: 2,
    acked: 1,
    nacked: 1,
    released: 1,
    deadLettered: 1,
    redriven: 2,
    discarded: 3,
    expired: 1,
    leasesLost: 1,
  };
  expect(subscriptions[0]).toMatchObject({ name: 'coder', acked: 1, dispatched: 0 });
  expect(subscriptions[1]).toMatchObject({ name: 'planner', ...planner });
  expect(totals).toEqual({
    ...planner,
    acked: 2,
    published: 0,
    duplicates: 0,
    overflowDropped: 7,
    handlerErrors: 1,
    storeErrors: 1,
  });
});

test('measures each leg of the way, the wait for first attempts only', async () => {
  await using bus = await openBus();
  using metrics = collectMetrics(bus);
  bus.emit({ type: 'publish', durable: true, duplicate: false, tookMs: 2, ...delivery });
  bus.emit({ type: 'dispatch', waitedMs: 30, ...delivery });
  bus.emit({ type: 'nack', processingMs: 400, delayMs: 5_000, reason: 'busy', ...delivery });
  bus.emit({ type: 'dispatch', waitedMs: 5_430, ...delivery, attempt: 2 });
  bus.emit({ type: 'ack', processingMs: 200, settlingMs: 3, ...delivery, attempt: 2 });
  const { latencies, subscriptions } = metrics.snapshot();
  expect(latencies.publishToDurable).toMatchObject({ count: 1, maxMs: 2 });
  expect(latencies.publishToDispatch).toMatchObject({ count: 1, maxMs: 30 });
  expect(latencies.processing).toMatchObject({ count: 2, maxMs: 400, meanMs: 300 });
  expect(latencies.settling).toMatchObject({ count: 1, maxMs: 3 });
  expect(subscriptions[0]?.processing).toEqual(latencies.processing);
});

test('counts topics and subscriptions beyond the limit together, and loses none', async () => {
  await using bus = await openBus();
  using metrics = collectMetrics(bus, { maxTopics: 2, maxSubscriptions: 1 });
  for (const topic of ['b', 'a', 'c', 'd', 'a', 'c']) await bus.publish(topic, null);
  for (const subscription of ['x', 'y', 'z']) {
    bus.emit({ type: 'ack', processingMs: 1, settlingMs: 1, ...delivery, subscription });
  }
  const { topics, subscriptions, latencies } = metrics.snapshot();
  expect(topics.map(({ topic, published }) => [topic, published])).toEqual([
    ['a', 2],
    ['b', 1],
    [otherName, 3],
  ]);
  expect(subscriptions.map(({ name, acked }) => [name, acked])).toEqual([
    ['x', 1],
    [otherName, 2],
  ]);
  expect([latencies.publishToDurable.count, latencies.processing.count]).toEqual([6, 3]);
});

test('begins when it is called, ends when it is disposed, and a snapshot does not change afterwards', async () => {
  const clock = createTestClock();
  await using bus = await openBus({ clock });
  await bus.publish('notes', 'before');
  const metrics = collectMetrics(bus);
  await clock.advance(1_500);
  await bus.publish('notes', 'during');
  const snapshot = metrics.snapshot();
  const text = JSON.stringify(snapshot);
  await bus.publish('notes', 'later');
  expect(metrics.snapshot().totals.published).toBe(2);
  metrics[Symbol.dispose]();
  await bus.publish('notes', 'after');
  expect(metrics.snapshot().totals.published).toBe(2);
  expect(JSON.stringify(snapshot)).toBe(text);
  expect(snapshot).toMatchObject({ at: clock.now(), collectedMs: 1_500, totals: { published: 1 } });
  expect(JSON.parse(text)).toEqual(snapshot);
});
