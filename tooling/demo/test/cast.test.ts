import type { SubscriptionStats } from '@agentbus/core';
import { describe, expect, test } from 'vitest';
import { castAgents } from '../src/cast.ts';

function subscription(name: string, pattern: string, ready: number): SubscriptionStats {
  const none = { scheduled: 0, leased: 0, dead: 0, acked: 0, expired: 0, discarded: 0, oldestUnackedMs: undefined };
  return { name, pattern, settings: {}, ready, ...none };
}

const inbox = (name: string, ready: number): SubscriptionStats => subscription(name, `agents.${name}.inbox`, ready);

/** Who plays, and on which letter they fail. */
function parts(...subscriptions: SubscriptionStats[]): (string | number)[][] {
  return castAgents(subscriptions, 'memory:').map(({ agent, stumblesOn, givesUpOn }) => [agent, stumblesOn, givesUpOn]);
}

describe('castAgents', () => {
  test('takes the two agents that are owed the most, whatever else is on the bus', () => {
    const others = [subscription('audit', '>', 99), subscription('all', 'agents.*.inbox', 99)];
    expect(parts(inbox('a', 1), inbox('b', 5), inbox('c', 3), ...others)).toEqual([
      ['b', 2, 0],
      ['c', 0, 3],
    ]);
  });

  test('gives each agent what is sent to all, and its name as people write it', () => {
    const captain = inbox('Agent%204', 2);
    const [orders] = castAgents([captain, subscription('Agent%204.broadcast', 'agents.broadcast', 7)], 'memory:');
    expect(orders?.agent).toBe('Agent 4');
    expect(orders?.subscriptions.map(({ name, owed }) => [name, owed])).toEqual([
      ['Agent%204', 2],
      ['Agent%204.broadcast', 7],
    ]);
  });

  test('plays both failures with one agent, on different letters, as far as there are letters', () => {
    expect(parts(inbox('a', 3), inbox('b', 0))).toEqual([
      ['a', 2, 3],
      ['b', 0, 0],
    ]);
    expect(parts(inbox('a', 2))).toEqual([['a', 2, 1]]);
    expect(parts(inbox('a', 1))).toEqual([['a', 1, 0]]);
    expect(parts(inbox('a', 0))).toEqual([['a', 0, 0]]);
    expect(parts(inbox('a', 4), inbox('b', 1))).toEqual([
      ['a', 2, 0],
      ['b', 0, 1],
    ]);
    expect(parts()).toEqual([]);
  });
});
