import { createMemoryStore, openBus } from '@agentbus/core';
import { describe, expect, it } from 'vitest';

describe('closing a bus', () => {
  it('makes it refuse everything, with a way on', async () => {
    const bus = await openBus();
    await bus.close();
    const closed = expect.objectContaining({ code: 'closed', message: expect.stringContaining('Open another one') });
    await expect(bus.publish('a', 1)).rejects.toEqual(closed);
    await expect(bus.publishAll([])).rejects.toEqual(closed);
    expect(() => bus.subscribe('a')).toThrow(closed);
    await expect(bus.store.head()).rejects.toMatchObject({ code: 'closed' });
  });

  it('happens once, however often it is asked for', async () => {
    const store = createMemoryStore();
    let closes = 0;
    const bus = await openBus({
      store: {
        ...store,
        close: async () => {
          closes += 1;
          await store.close();
        },
      },
    });
    let hooks = 0;
    bus.beforeClose(async () => {
      hooks += 1;
    });
    await Promise.all([bus.close(), bus.close()]);
    await bus.close();
    await bus[Symbol.asyncDispose]();
    expect([closes, hooks]).toEqual([1, 1]);
  });

  it('waits for what must be done before, which may still publish', async () => {
    const store = createMemoryStore();
    const order: string[] = [];
    const bus = await openBus({
      store: {
        ...store,
        close: async () => {
          order.push('store');
          await store.close();
        },
      },
    });
    const undo = bus.beforeClose(async () => void order.push('undone'));
    bus.beforeClose(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await bus.publish('a', 'last words');
      order.push('hook');
    });
    undo();
    await bus.close();
    expect(order).toEqual(['hook', 'store']);
  });

  it('closes subscriptions and the store though something before it fails, and then says so', async () => {
    const bus = await openBus();
    const subscription = bus.subscribe('a');
    const waiting = subscription[Symbol.asyncIterator]().next();
    let finished = false;
    bus.beforeClose(() => Promise.reject(new Error('cannot drain')));
    bus.beforeClose(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      finished = true;
    });
    await expect(bus.close()).rejects.toThrow('cannot drain');
    expect(finished).toBe(true);
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect(bus.store.head()).rejects.toMatchObject({ code: 'closed' });
  });

  it('says everything that failed', async () => {
    const bus = await openBus();
    for (const text of ['cannot drain', 'cannot flush']) bus.beforeClose(() => Promise.reject(new Error(text)));
    await expect(bus.close()).rejects.toMatchObject({
      errors: [new Error('cannot drain'), new Error('cannot flush')],
    });
  });
});
