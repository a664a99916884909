import { openBus } from '@agentbus/core';
import { expect, it } from 'vitest';

it('works', async () => {
  await using bus = await openBus({ source: 'a' });
  const seen: unknown[] = [];
  const done = Promise.withResolvers<void>();
  bus.subscribe('a.*', (m) => {
    seen.push(m.payload);
    if (seen.length === 2) done.resolve();
  });
  const m = await bus.publish('a.b', { x: 1 });
  await bus.publish('a.c', { x: 2 }, { cause: m });
  await done.promise;
  expect(seen).toEqual([{ x: 1 }, { x: 2 }]);
  console.log(m);
});
