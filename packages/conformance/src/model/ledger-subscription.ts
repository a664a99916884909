import assert from 'node:assert/strict';
import {
  type Claim,
  type ClaimRequest,
  type DeadSelection,
  type Draft,
  matches,
  type Outcome,
  type SettleResult,
  type SubscriptionStats,
} from '@agentbus/core';
import { idsOf } from '../trial.ts';

/** One moment on both clocks. */
export interface Instant {
  readonly wall: number;
  readonly monotonic: number;
}

type State = 'fresh' | 'waiting' | 'leased' | 'acked' | 'dead' | 'expired' | 'discarded';

interface Delivery {
  readonly draft: Draft;
  state: State;
  started: boolean;
  starts: number;
  redrives: number;
  suspect: boolean;
  /** The numbers of the attempts that failed. */
  attempts: number[];
  /** Monotonic; meaningful while waiting. */
  due: number;
}

interface HeldLease {
  until: number;
  readonly ids: Set<string>;
}

/** The figures that the ledger can tell. */
type Figures = Pick<SubscriptionStats, 'ready' | 'scheduled' | 'leased' | 'acked' | 'dead' | 'expired' | 'discarded'>;

/**
 * What one subscription is owed, kept as a table of states instead of cursors, queues and logs: so simple that it is
 * plainly right, and so different from the stores that it does not share their mistakes. It does not choose what a
 * claim takes; it judges whether what was taken could be, and was all that could be.
 */
export interface LedgerSubscription {
  readonly pattern: string;
  /** Notes a message that has joined the log. */
  add(draft: Draft): void;
  /** Judges what a claim found and takes note of it. */
  claimed(request: Omit<ClaimRequest, 'consumer'>, claim: Claim, now: Instant, nextDelayedAt: number | undefined): void;
  started(token: string, id: string): void;
  /** Whether the settlement had to take effect; then it has. */
  settle(token: string, id: string, outcome: Outcome, now: Instant): SettleResult;
  renew(token: string, leaseMs: number, now: Instant): SettleResult;
  /** The ids that had to be resolved. */
  resolve(action: 'redrive' | 'discard', selection: DeadSelection): readonly string[];
  dead(): readonly string[];
  figures(now: Instant): Figures;
}

/** Failures that a store keeps of one delivery. */
const historyLimit = 32;

/** Makes the ledger of a subscription named `name`, which is owed nothing yet. */
export function createLedgerSubscription(name: string, pattern: string): LedgerSubscription {
  /** In order of the log. */
  const deliveries = new Map<string, Delivery>();
  const leases = new Map<string, HeldLease>();
  const all = (): Delivery[] => [...deliveries.values()];

  function charge(delivery: Delivery): void {
    delivery.starts += 1;
    delivery.attempts = [...delivery.attempts, delivery.starts].slice(-historyLimit);
  }

  function owe(delivery: Delivery, due: number): void {
    delivery.state = 'waiting';
    delivery.due = due;
  }

  function reap(now: Instant): void {
    for (const [token, { until, ids }] of leases) {
      if (until > now.monotonic) continue;
      leases.delete(token);
      for (const id of ids) {
        const delivery = get(id);
        if (delivery.started) {
          charge(delivery);
          delivery.suspect = true;
        }
        owe(delivery, 0);
      }
    }
  }

  function get(id: string): Delivery {
    const delivery = deliveries.get(id);
    assert(delivery !== undefined, `"${name}" was never owed ${id}`);
    return delivery;
  }

  const isWorthless = ({ draft }: Delivery, now: Instant): boolean =>
    draft.expiresAt !== undefined && draft.expiresAt <= now.wall;
  const isDue = ({ state, due }: Delivery, now: Instant): boolean => state === 'waiting' && due <= now.monotonic;

  function checkExpired(claim: Claim, now: Instant): void {
    for (const { record } of claim.expired) {
      const delivery = get(record.id);
      assert(delivery.state === 'fresh' || isDue(delivery, now), `${record.id} expired though ${delivery.state}`);
      assert(isWorthless(delivery, now), `${record.id} expired before its time`);
      delivery.state = 'expired';
    }
  }

  /** Asserts that a claim took as much as it could and nothing out of turn, and returns what it took. */
  function checkTaken(limit: number, claim: Claim, suspects: boolean, now: Instant): readonly Delivery[] {
    const taken = idsOf(claim.lease?.deliveries ?? []).map(get);
    const good = all().filter((delivery) => !isWorthless(delivery, now));
    const waiting = good.filter((delivery) => isDue(delivery, now) && delivery.suspect === suspects);
    // Sorting is stable: what is due at one moment stays in order of the log.
    waiting.sort((a, b) => a.due - b.due);
    const fresh = suspects ? [] : good.filter(({ state }) => state === 'fresh');
    const room = suspects ? 1 : limit;
    assert.equal(taken.length, Math.min(room, waiting.length + fresh.length), 'a claim takes all it can');
    const again = waiting.slice(0, room);
    assert.deepEqual(taken.slice(0, again.length), again, 'what is owed again comes first, in order');
    for (const priority of ['urgent', 'high', 'normal', 'low']) {
      const lane = taken.slice(again.length).filter(({ draft }) => draft.priority === priority);
      const queue = fresh.filter(({ draft }) => draft.priority === priority);
      assert.deepEqual(lane, queue.slice(0, lane.length), `new ${priority} messages come in order of publishing`);
    }
    return taken;
  }

  function checkNothing(claim: Claim, now: Instant, nextDelayedAt: number | undefined): void {
    const overlooked = all().filter((one) => (one.state === 'fresh' || isDue(one, now)) && isWorthless(one, now));
    assert.deepEqual(overlooked, [], 'a claim that finds nothing reports everything that has expired');
    const waits = [...leases.values()].map(({ until }) => until - now.monotonic);
    for (const { state, due } of all()) if (state === 'waiting') waits.push(due - now.monotonic);
    if (nextDelayedAt !== undefined) waits.push(nextDelayedAt - now.wall);
    assert.equal(claim.nextDueInMs, waits.length === 0 ? undefined : Math.max(0, Math.min(...waits)), 'nextDueInMs');
  }

  return {
    pattern,
    add(draft) {
      if (!matches(pattern, draft.topic)) return;
      const state = draft.settledFor?.includes(name) === true ? 'acked' : 'fresh';
      const untouched = { started: false, starts: 0, redrives: 0, suspect: false, attempts: [], due: 0 };
      deliveries.set(draft.id, { draft, state, ...untouched });
    },
    claimed(request, claim, now, nextDelayedAt) {
      reap(now);
      const suspects = all().some((delivery) => isDue(delivery, now) && delivery.suspect);
      assert.equal(claim.suspectWaiting, suspects && !request.idle, 'suspectWaiting');
      if (claim.suspectWaiting) {
        assert.deepEqual([claim.lease, claim.expired], [undefined, []], 'a busy consumer waits for the suspect');
        return;
      }
      checkExpired(claim, now);
      const taken = checkTaken(request.limit, claim, suspects, now);
      const { lease } = claim;
      if (lease === undefined) {
        if (!suspects) checkNothing(claim, now, nextDelayedAt);
        return;
      }
      assert.equal(taken.length > 0, true, 'a lease holds something');
      assert.equal(leases.has(lease.token), false, 'a token is used once');
      for (const { record, starts, redrives, suspect, history } of lease.deliveries) {
        const delivery = get(record.id);
        const { settledFor: _, ...expected } = delivery.draft;
        assert.deepEqual(record, expected, 'a message is delivered as it was published');
        const attempts = history.map(({ attempt }) => attempt);
        const { starts: hadStarts, redrives: hadRedrives, suspect: wasSuspect, attempts: hadAttempts } = delivery;
        assert.deepEqual([starts, redrives, suspect, attempts], [hadStarts, hadRedrives, wasSuspect, hadAttempts]);
        delivery.state = 'leased';
        delivery.started = false;
      }
      leases.set(lease.token, { until: now.monotonic + request.leaseMs, ids: new Set(idsOf(lease.deliveries)) });
    },
    started(token, id) {
      if (leases.get(token)?.ids.has(id) === true) get(id).started = true;
    },
    settle(token, id, outcome, now) {
      const lease = leases.get(token);
      if (lease === undefined || lease.until <= now.monotonic || !lease.ids.delete(id)) return 'stale';
      if (lease.ids.size === 0) leases.delete(token);
      const delivery = get(id);
      if (outcome.kind === 'ack') delivery.state = 'acked';
      else if (outcome.kind === 'release') owe(delivery, 0);
      else if (outcome.kind === 'retry') {
        charge(delivery);
        delivery.suspect = false;
        owe(delivery, outcome.delayMs <= 0 ? 0 : now.monotonic + outcome.delayMs);
      } else {
        if (delivery.started) charge(delivery);
        delivery.state = 'dead';
      }
      return 'ok';
    },
    renew(token, leaseMs, now) {
      const lease = leases.get(token);
      if (lease === undefined || lease.until <= now.monotonic) return 'stale';
      lease.until = now.monotonic + leaseMs;
      return 'ok';
    },
    resolve(action, { ids, limit }) {
      const buried = all().filter(({ state, draft }) => state === 'dead' && ids?.includes(draft.id) !== false);
      const chosen = buried.slice(0, limit);
      for (const delivery of chosen) {
        if (action === 'discard') delivery.state = 'discarded';
        else {
          Object.assign(delivery, { starts: 0, suspect: false, redrives: delivery.redrives + 1 });
          owe(delivery, 0);
        }
      }
      return chosen.map(({ draft }) => draft.id);
    },
    dead: () => all().flatMap(({ state, draft }) => (state === 'dead' ? [draft.id] : [])),
    figures(now) {
      const count = (state: State): number => all().filter((delivery) => delivery.state === state).length;
      const due = all().filter((delivery) => isDue(delivery, now)).length;
      return {
        ready: count('fresh') + due,
        scheduled: count('waiting') - due,
        leased: count('leased'),
        acked: count('acked'),
        dead: count('dead'),
        expired: count('expired'),
        discarded: count('discarded'),
      };
    },
  };
}
