import { laneOrder, laneWheel } from '@agentbus/core';
import { expect, it } from 'vitest';

it('of 15 turns 7 begin with urgent, 4 with high, 3 with normal and 1 with low, and then it begins anew', () => {
  const firsts = Array.from({ length: 15 }, (_, turn) => laneOrder(turn)[0]);
  expect([0, 1, 2, 3].map((lane) => firsts.filter((first) => first === lane).length)).toEqual([7, 4, 3, 1]);
  expect(firsts).toEqual(laneWheel);
  expect(laneOrder(15)).toEqual(laneOrder(0));
  expect(laneOrder(15_000_007)).toEqual(laneOrder(7));
});

it('every turn looks into every lane once: after the first from urgent to low', () => {
  for (let turn = 0; turn < 15; turn += 1) {
    const [first = -1, ...rest] = laneOrder(turn);
    expect([first, ...rest].sort()).toEqual([0, 1, 2, 3]);
    expect(rest).toEqual([...rest].sort());
  }
});
