import { type BusEvent, createMemoryStore, defineTopic, openBus } from '@agentbus/core';
import { describe, expect, it, vi } from 'vitest';
import { createManualClock } from './manual-clock.ts';

describe('an observer', () => {
  it('is told of every message published, with its ids', async () => {
    const clock = createManualClock();
    const events: BusEvent[] = [];
    await using bus = await openBus({
      clock,
      observe: (event) => events.push(event),
      topics: [defineTopic('ui.>', { durable: false })],
    });
    const first = await bus.publish('jobs.a', 1, { id: 'first' });
    await bus.publish('jobs.a', 1, { id: 'first' });
    await bus.publish('ui.typing', 2, { id: 'second', cause: first });
    const at = clock.now();
    const common = { type: 'publish', at, tookMs: 0, correlationId: 'first' };
    expect(events).toEqual([
      { ...common, messageId: 'first', topic: 'jobs.a', durable: true, duplicate: false },
      { ...common, messageId: 'first', topic: 'jobs.a', durable: true, duplicate: true },
      { ...common, messageId: 'second', topic: 'ui.typing', durable: false, duplicate: false },
    ]);
  });

  it('is told how long a publish took, on the monotonic clock', async () => {
    const clock = createManualClock();
    const events: BusEvent[] = [];
    const store = createMemoryStore({ clock });
    await using bus = await openBus({
      clock,
      observe: (event) => events.push(event),
      store: {
        ...store,
        append: async (drafts) => {
          clock.advance(7);
          clock.jumpWall(-3_600_000);
          return store.append(drafts);
        },
      },
    });
    await bus.publishAll([
      { topic: 'a', payload: 1 },
      { topic: 'a', payload: 2 },
    ]);
    expect(events.map((event) => (event.type === 'publish' ? event.tookMs : undefined))).toEqual([7, 7]);
  });

  it('is told of nothing that was refused', async () => {
    const events: BusEvent[] = [];
    await using bus = await openBus({ observe: (event) => events.push(event) });
    await bus.publish('a', 1, { id: 'taken' });
    await expect(bus.publish('a', 2, { id: 'taken' })).rejects.toThrow();
    expect(events).toHaveLength(1);
  });

  it('is told of live subscriptions that begin and end', async () => {
    const events: BusEvent[] = [];
    await using bus = await openBus({ observe: (event) => events.push(event) });
    bus.subscribe('jobs.*').close();
    expect(events).toEqual([
      { type: 'subscribe', at: expect.any(Number), pattern: 'jobs.*' },
      { type: 'unsubscribe', at: expect.any(Number), pattern: 'jobs.*' },
    ]);
  });

  it('may come later and leave', async () => {
    await using bus = await openBus();
    expect(bus.observed).toBe(false);
    await bus.publish('a', 1);
    const types: string[] = [];
    const leave = bus.observe(({ type }) => types.push(type));
    expect(bus.observed).toBe(true);
    await bus.publish('a', 2);
    leave();
    leave();
    await bus.publish('a', 3);
    expect(types).toEqual(['publish']);
    expect(bus.observed).toBe(false);
  });

  it('is removed with a warning when it throws, and fails no publish and no other observer', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await using bus = await openBus();
    let broken = 0;
    const types: string[] = [];
    bus.observe(() => {
      broken += 1;
      throw new Error('broken observer');
    });
    bus.observe(({ type }) => types.push(type));
    await bus.publish('a', 1);
    await bus.publish('a', 2);
    expect(broken).toBe(1);
    expect(types).toEqual(['publish', 'publish']);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('broken observer'), 'AgentBusWarning']]);
    warn.mockRestore();
  });

  it('may add and remove observers while it is told', async () => {
    await using bus = await openBus();
    const told: string[] = [];
    const leave = bus.observe(() => {
      told.push('first');
      leave();
      bus.observe(() => told.push('second'));
    });
    await bus.publish('a', 1);
    told.length = 0;
    await bus.publish('a', 2);
    expect(told).toEqual(['second']);
  });

  it('is told the time by the clock of the bus', async () => {
    const clock = createManualClock();
    const times: number[] = [];
    await using bus = await openBus({ clock, observe: ({ at }) => times.push(at) });
    bus.emit({ type: 'overflow', pattern: 'a', dropped: 1 });
    clock.jumpWall(-500);
    bus.emit({ type: 'overflow', pattern: 'a', dropped: 1 });
    expect(times).toEqual([1_000_000, 999_500]);
  });
});
