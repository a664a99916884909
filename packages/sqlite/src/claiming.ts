import {
  type Claim,
  type ClaimRequest,
  type Failure,
  type LeasedDelivery,
  remember,
  type StoredMessage,
} from '@agentbus/core';
import type { Connection } from './connection.ts';
import { createFresh } from './fresh.ts';
import { noFailures } from './lease-items.ts';
import type { LeaseRow, Leases } from './leases.ts';
import type { Log } from './log.ts';
import { readStarts, slotSize } from './starts-file.ts';
import type { StoreClock } from './store-clock.ts';
import type { SubscriptionRow, Subscriptions } from './subscriptions.ts';
import type { Waiting } from './waiting.ts';

/** What claiming is made of. */
export interface ClaimingParts {
  readonly connection: Connection;
  readonly clock: StoreClock;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  readonly leases: Leases;
  readonly waiting: Waiting;
  /** Where starts files lie. */
  readonly directory: string;
  /** To be called when the transaction makes something claimable for others. */
  readonly announce: () => void;
}

/** Claiming in two steps. */
export interface Claiming {
  /**
   * A look without the write lock. Undefined if there may be something to claim, else the answer: nothing, and when
   * the next thing falls due. Sound because every commit that changes it rings the bell.
   */
  peek(request: ClaimRequest): Claim | undefined;
  /** Leases what is owed. Only inside a write transaction. */
  claim(request: ClaimRequest): Claim;
}

/** The most leases reaped in one transaction; the rest is left to the next claims. */
const reapLimit = 16;

/** Prepares the statements. */
export function createClaiming(parts: ClaimingParts): Claiming {
  const { connection, clock, log, subscriptions, leases, waiting, directory, announce } = parts;
  const takeFresh = createFresh(connection);
  const expire = connection.prepare<[number, number]>(
    'INSERT INTO agentbus_exceptions (subscription, seq, state) VALUES (?, ?, 4)',
  );
  const hasFresh = connection
    .prepare<[number, number, number, number, number], number>(
      'SELECT EXISTS (SELECT 1 FROM agentbus_subscription_topics st JOIN agentbus_topics t ON t.id = st.topic WHERE st.subscription = +? AND (t.last0 > ? OR t.last1 > ? OR t.last2 > ? OR t.last3 > ?))',
    )
    .pluck();

  function reap(id: number, now: number): void {
    for (const lease of leases.listExpired(id, now, reapLimit)) {
      leases.delete(lease);
      returnAll(lease);
      subscriptions.change(id, { leased: -lease.items.length, waiting: lease.items.length });
    }
  }

  /** What was started is charged an attempt and becomes a suspect; what was not goes back as it was. */
  function returnAll({ subscription, startsFile, startsSlot, items }: LeaseRow): void {
    const wasStarted = readStarts(directory, startsFile, startsSlot);
    for (const { position, seq, starts, redrives, suspect, failures } of items) {
      if (!wasStarted(position)) {
        waiting.put(subscription, { seq, suspect, due: 0, starts, redrives, failures });
        continue;
      }
      const failure: Failure = { attempt: starts + 1, at: clock.wall(), reason: 'lease ran out' };
      waiting.put(subscription, {
        seq,
        suspect: true,
        due: 0,
        starts: starts + 1,
        redrives,
        failures: remember(failures, failure),
      });
    }
  }

  function nextDueInMs(id: number, now: number): number | undefined {
    const dues = [waiting.nextDue(id), leases.nextEnd(id)].filter((due) => due !== undefined).map((due) => due - now);
    const delayedAt = log.nextDelayedAt();
    if (delayedAt !== undefined) dues.push(delayedAt - clock.wall());
    return dues.length === 0 ? undefined : Math.max(0, Math.min(...dues));
  }

  function takeWaiting(
    row: SubscriptionRow,
    suspects: boolean,
    now: number,
    limit: number,
    expired: StoredMessage[],
  ): LeasedDelivery[] {
    const wall = clock.wall();
    const taken: LeasedDelivery[] = [];
    // What has expired makes room for more, so the queue is asked again until it has filled the limit or is empty.
    for (let more = true; more && taken.length < limit; ) {
      const due = waiting.take(row.id, suspects, now, limit - taken.length);
      subscriptions.change(row.id, { waiting: -due.length });
      for (const { failures, ...delivery } of due) {
        if ((delivery.record.expiresAt ?? Number.POSITIVE_INFINITY) <= wall) {
          expire.run(row.id, delivery.seq);
          expired.push({ seq: delivery.seq, record: delivery.record });
        } else taken.push({ ...delivery, suspect: suspects, history: failures });
      }
      more = due.length > 0 && expired.length < slotSize;
    }
    return taken;
  }

  function takeNew(
    row: SubscriptionRow,
    limit: number,
    expired: StoredMessage[],
  ): { taken: LeasedDelivery[]; cursors: readonly number[]; unfinished: boolean } {
    const { messages, expired: late, cursors, skipped, unfinished } = takeFresh(row, limit, clock.wall());
    for (const message of late) expire.run(row.id, message.seq);
    expired.push(...late);
    subscriptions.change(row.id, { taken: messages.length + late.length + skipped, history: -skipped });
    const taken = messages.map(({ seq, record }) => ({
      seq,
      record,
      starts: 0,
      suspect: false,
      redrives: 0,
      history: noFailures,
    }));
    return { taken, cursors, unfinished };
  }

  return {
    peek({ subscription, idle }) {
      const row = subscriptions.require(subscription);
      if (hasFresh.get(row.id, row.cursor0, row.cursor1, row.cursor2, row.cursor3) === 1) return undefined;
      if ((log.nextDelayedAt() ?? Number.POSITIVE_INFINITY) <= clock.wall()) return undefined;
      const now = clock.now();
      const due = nextDueInMs(row.id, now);
      if (due === undefined || due > 0)
        return { lease: undefined, nextDueInMs: due, suspectWaiting: false, expired: [] };
      const suspectWaiting =
        !idle && waiting.hasSuspect(row.id, now) && (leases.nextEnd(row.id) ?? Number.POSITIVE_INFINITY) > now;
      return suspectWaiting ? { lease: undefined, nextDueInMs: due, suspectWaiting, expired: [] } : undefined;
    },
    claim({ subscription, consumer, limit, leaseMs, idle }) {
      log.flush();
      if (log.promote(clock.wall()) > 0) {
        log.flush();
        announce();
      }
      const row = subscriptions.require(subscription);
      const now = clock.now();
      reap(row.id, now);
      const expired: StoredMessage[] = [];
      const suspectDue = waiting.hasSuspect(row.id, now);
      const most = Math.min(limit, slotSize);
      const deliveries = suspectDue
        ? idle
          ? takeWaiting(row, true, now, 1, expired)
          : []
        : takeWaiting(row, false, now, most, expired);
      const fresh = suspectDue ? undefined : takeNew(row, most - deliveries.length, expired);
      deliveries.push(...(fresh?.taken ?? []));
      subscriptions.change(row.id, { expired: expired.length, leased: deliveries.length });
      const cursors = fresh?.cursors ?? [row.cursor0, row.cursor1, row.cursor2, row.cursor3];
      subscriptions.advance(row.id, cursors, (fresh?.taken.length ?? 0) > 0);
      if (deliveries.length === 0) {
        const again = fresh?.unfinished === true || (suspectDue && idle) ? 0 : nextDueInMs(row.id, now);
        return { lease: undefined, nextDueInMs: again, suspectWaiting: suspectDue && !idle, expired };
      }
      const items = deliveries.map(({ seq, starts, redrives, suspect, history }, position) => ({
        position,
        seq,
        starts,
        redrives,
        suspect,
        failures: history,
      }));
      const token = leases.create({
        subscription: row.id,
        number: row.leases + 1,
        until: now + leaseMs,
        consumer,
        items,
      });
      return { lease: { token, deliveries }, nextDueInMs: undefined, suspectWaiting: false, expired };
    },
  };
}
