import type { StoreStats, SubscriptionStats } from '@agentbus/core';

/** Something that a person should look at. `message` says what, and what to do about it. */
export type BusAlarm =
  /** Work is waiting and nobody takes it. */
  | {
      readonly kind: 'unclaimed';
      readonly subscription: string;
      readonly ready: number;
      readonly leased: number;
      readonly sinceMs: number;
      readonly message: string;
    }
  /** There are more dead letters than at the last look. */
  | {
      readonly kind: 'dead-letters';
      readonly subscription: string;
      readonly added: number;
      readonly dead: number;
      readonly message: string;
    };

/** Looks at the figures of a store at one moment after the other; `at` is monotonic time in milliseconds. */
export type AlarmWatch = (stats: StoreStats, at: number) => readonly BusAlarm[];

/**
 * How long nothing may move while something is leased. A handler may run for 15 minutes by default, and from outside
 * it looks like a consumer that was killed.
 */
const busyMs = 20 * 60_000;

interface Seen {
  readonly stats: SubscriptionStats;
  readonly movedAt: number;
}

/**
 * Makes a watch that compares each look with the one before. A subscription is unclaimed when something has been ready
 * and nothing was claimed or settled for `unclaimedMs`; while something is leased, for 20 minutes.
 */
export function createAlarmWatch(unclaimedMs: number): AlarmWatch {
  let seen = new Map<string, Seen>();
  return (stats, at) => {
    const alarms: BusAlarm[] = [];
    const next = new Map<string, Seen>();
    for (const now of stats.subscriptions) {
      const before = seen.get(now.name);
      const movedAt = before === undefined || hasMoved(before.stats, now) ? at : before.movedAt;
      next.set(now.name, { stats: now, movedAt });
      const unclaimed = checkUnclaimed(now, at - movedAt, unclaimedMs);
      if (unclaimed !== undefined) alarms.push(unclaimed);
      const added = now.dead - (before?.stats.dead ?? now.dead);
      if (added > 0) alarms.push(deadLetters(now, added));
    }
    seen = next;
    return alarms;
  };
}

/** Publishing adds to `ready` and time moves `scheduled` to it; everything else takes a consumer, or a person. */
function hasMoved(before: SubscriptionStats, now: SubscriptionStats): boolean {
  return (
    now.ready < before.ready ||
    now.leased !== before.leased ||
    now.acked !== before.acked ||
    now.dead !== before.dead ||
    now.expired !== before.expired ||
    now.discarded !== before.discarded
  );
}

function checkUnclaimed(
  { name, ready, leased }: SubscriptionStats,
  sinceMs: number,
  unclaimedMs: number,
): BusAlarm | undefined {
  const patienceMs = leased > 0 ? Math.max(busyMs, unclaimedMs) : unclaimedMs;
  if (ready + leased === 0 || sinceMs < patienceMs) return undefined;
  const waiting = leased === 0 ? `${ready} ready` : `${ready} ready and ${leased} leased`;
  const message =
    `Subscription "${name}" has ${waiting}, and nothing was claimed or settled for ${Math.round(sinceMs / 1000)} s. ` +
    `Start a consumer named "${name}", see whether the running one hangs, or remove the subscription.`;
  return { kind: 'unclaimed', subscription: name, ready, leased, sinceMs, message };
}

function deadLetters({ name, dead }: SubscriptionStats, added: number): BusAlarm {
  const message =
    `Subscription "${name}" has ${added} more dead ${added === 1 ? 'letter' : 'letters'}, ${dead} altogether. ` +
    'Read their reasons, mend the cause, then redrive or discard them.';
  return { kind: 'dead-letters', subscription: name, added, dead, message };
}
