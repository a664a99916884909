import { createBell } from '@agentbus/core';
import { expect, it } from 'vitest';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a bell tells everybody once for all rings of one turn, and never inside the ring', async () => {
  const bell = createBell();
  const heard: string[] = [];
  bell.listen(() => heard.push('one'));
  bell.listen(() => heard.push('two'));
  for (let rings = 0; rings < 5; rings += 1) bell.ring();
  expect(heard).toEqual([]);
  await turn();
  expect(heard).toEqual(['one', 'two']);
  bell.ring();
  await turn();
  expect(heard).toHaveLength(4);
});

it('a bell rings again for news that came while it told of the last', async () => {
  const bell = createBell();
  let heard = 0;
  bell.listen(() => {
    heard += 1;
    if (heard === 1) bell.ring();
  });
  bell.ring();
  await turn();
  await turn();
  expect(heard).toBe(2);
});

it('a bell does not tell those who have left, and tells one listener twice who listens twice', async () => {
  const bell = createBell();
  let heard = 0;
  const listener = (): void => {
    heard += 1;
  };
  const leave = bell.listen(listener);
  bell.listen(listener);
  bell.ring();
  await turn();
  expect(heard).toBe(2);
  bell.ring();
  leave();
  leave();
  await turn();
  expect(heard).toBe(3);
});
