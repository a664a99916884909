import { describe, expect, it } from 'vitest';
import { playRounds, ratesOf, ratiosOf } from '../src/rounds.ts';

describe('rounds', () => {
  it('let contestants take turns and leave warm-ups out', async () => {
    const played: string[] = [];
    let rate = 0;
    const play = (name: string) => (): number => {
      played.push(name);
      rate += 1;
      return rate;
    };
    const rates = await playRounds(
      [
        { name: 'a', play: play('a') },
        { name: 'b', play: play('b') },
      ],
      { rounds: 2, warmUps: 1 },
    );
    expect(played).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(ratesOf(rates, 'a')).toEqual([3, 5]);
    expect(ratesOf(rates, 'b')).toEqual([4, 6]);
  });

  it('compare each round within itself', async () => {
    let slowdown = 1;
    const rates = await playRounds(
      [
        { name: 'raw', play: () => 100 / slowdown },
        {
          name: 'bus',
          play() {
            const rate = 60 / slowdown;
            slowdown *= 10;
            return rate;
          },
        },
      ],
      { rounds: 3, warmUps: 0 },
    );
    for (const ratio of ratiosOf(rates, 'bus', 'raw')) expect(ratio).toBeCloseTo(0.6);
  });
});
