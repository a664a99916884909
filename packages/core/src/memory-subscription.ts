import { remember } from './failure-history.ts';
import { laneOrder } from './lane-wheel.ts';
import type { MemoryLog } from './memory-log.ts';
import { agreeOnSettings } from './rejections.ts';
import type {
  Claim,
  ClaimRequest,
  DeadLetterQuery,
  DeadLetterRecord,
  DeadSelection,
  Failure,
  LeasedDelivery,
  Outcome,
  SettleResult,
  StoredMessage,
  SubscriptionSettings,
  SubscriptionSpec,
  SubscriptionStats,
} from './store.ts';
import { matches } from './topic.ts';

/**
 * What one subscription of the memory store is owed. A delivery is in exactly one place: beyond its lane's cursor
 * (pending), in a lease (in flight), in `waiting` (owed again), in `dead`, or nowhere (acked or expired).
 */
export interface MemorySubscription {
  /** Opens it once more; returns the settings that hold from now on. */
  reopen(spec: SubscriptionSpec): SubscriptionSettings;
  /** Counts a new message as acked if it is one that would be owed. */
  skip(message: StoredMessage): void;
  claim(request: ClaimRequest, token: string, now: Instant): Claim;
  markStarted(token: string, seq: number): void;
  settle(token: string, seq: number, outcome: Outcome, now: Instant): SettleResult;
  renew(token: string, leaseMs: number, now: Instant): SettleResult;
  deadLetters(query: DeadLetterQuery): readonly DeadLetterRecord[];
  resolveDead(action: 'redrive' | 'discard', selection: DeadSelection): readonly string[];
  stats(now: Instant): SubscriptionStats;
}

/** One moment on both clocks. Leases and retries go by `monotonic`, expiry by `wall`. */
export interface Instant {
  readonly wall: number;
  readonly monotonic: number;
}

/** What is remembered of a delivery between two attempts. */
interface Progress {
  readonly starts: number;
  readonly suspect: boolean;
  readonly redrives: number;
  readonly history: readonly Failure[];
}
interface Waiting extends Progress {
  /** Monotonic; 0 means at once, which no clock can contradict. */
  readonly due: number;
}
interface Open extends Progress {
  started: boolean;
}
interface HeldLease {
  until: number;
  readonly open: Map<number, Open>;
}
type Dead = Omit<DeadLetterRecord, keyof StoredMessage>;

const untouched: Progress = { starts: 0, suspect: false, redrives: 0, history: [] };
/** Makes a subscription whose cursors stand where `spec.from` says. */
export function createMemorySubscription(first: SubscriptionSpec, log: MemoryLog): MemorySubscription {
  let spec = first;
  let turn = 0;
  const from = first.from === 'all' ? 0 : first.from === 'new' ? log.lastSeq : first.from.seq;
  const cursors = log.lanes.map((lane) => lane.filter(({ seq }) => seq <= from).length);
  const skipped = new Set<number>();
  const waiting = new Map<number, Waiting>();
  const leases = new Map<string, HeldLease>();
  const dead = new Map<number, Dead>();
  const counts = { acked: 0, expired: 0, discarded: 0 };

  function reap(now: Instant): void {
    for (const [token, lease] of leases) {
      if (lease.until > now.monotonic) continue;
      leases.delete(token);
      for (const [seq, { started, ...progress }] of lease.open) {
        waiting.set(
          seq,
          started ? { ...charge(progress, now, 'lease ran out'), suspect: true, due: 0 } : { ...progress, due: 0 },
        );
      }
    }
  }

  /** Drops the delivery if its message has run out of time. */
  function expire(message: StoredMessage, now: Instant, expired: StoredMessage[]): boolean {
    if (message.record.expiresAt === undefined || message.record.expiresAt > now.wall) return false;
    counts.expired += 1;
    expired.push(message);
    return true;
  }

  function takeWaiting(limit: number, now: Instant, suspects: boolean, expired: StoredMessage[]): LeasedDelivery[] {
    const due = [...waiting].filter(([, entry]) => entry.due <= now.monotonic && entry.suspect === suspects);
    due.sort(([seqA, a], [seqB, b]) => a.due - b.due || seqA - seqB);
    const taken: LeasedDelivery[] = [];
    for (const [seq, { due: _, ...progress }] of due) {
      if (taken.length >= limit) break;
      const message = log.get(seq);
      waiting.delete(seq);
      if (message !== undefined && !expire(message, now, expired)) taken.push({ ...message, ...progress });
    }
    return taken;
  }

  function takeFresh(limit: number, now: Instant, expired: StoredMessage[]): LeasedDelivery[] {
    const taken: LeasedDelivery[] = [];
    for (const lane of laneOrder(turn)) {
      const messages = log.lanes[lane] ?? [];
      for (let at = cursors[lane] ?? 0; at < messages.length && taken.length < limit; at += 1) {
        cursors[lane] = at + 1;
        const message = messages[at];
        if (message === undefined || !matches(spec.pattern, message.record.topic)) continue;
        if (!skipped.delete(message.seq) && !expire(message, now, expired)) taken.push({ ...message, ...untouched });
      }
    }
    if (taken.length > 0) turn += 1;
    return taken;
  }

  function nextDueInMs(now: Instant): number | undefined {
    const delayed = log.nextDelayedAt();
    const dues = [...[...waiting.values()].map(({ due }) => due), ...[...leases.values()].map(({ until }) => until)];
    const waits = dues.map((due) => due - now.monotonic);
    if (delayed !== undefined) waits.push(delayed - now.wall);
    return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits));
  }

  function find(token: string, seq: number, now: Instant): { lease: HeldLease; entry: Open } | undefined {
    const lease = leases.get(token);
    const entry = lease?.open.get(seq);
    return lease === undefined || entry === undefined || lease.until <= now.monotonic ? undefined : { lease, entry };
  }

  function conclude(seq: number, entry: Open, outcome: Outcome, now: Instant): void {
    const { started, ...progress } = entry;
    if (outcome.kind === 'ack') counts.acked += 1;
    else if (outcome.kind === 'release') waiting.set(seq, { ...progress, due: 0 });
    else if (outcome.kind === 'retry') {
      const due = outcome.delayMs <= 0 ? 0 : now.monotonic + outcome.delayMs;
      waiting.set(seq, { ...charge(progress, now, outcome.reason), suspect: false, due });
    } else {
      const { starts, history, redrives } = started ? charge(progress, now, outcome.reason) : progress;
      const detail = outcome.detail === undefined ? {} : { detail: outcome.detail };
      dead.set(seq, { reason: outcome.reason, ...detail, diedAt: now.wall, starts, redrives, history });
    }
  }

  function pending(): StoredMessage[] {
    return log.lanes.flatMap((lane, index) =>
      lane
        .slice(cursors[index] ?? 0)
        .filter(({ seq, record }) => matches(spec.pattern, record.topic) && !skipped.has(seq)),
    );
  }

  return {
    reopen(again) {
      const settings = agreeOnSettings(spec, again);
      spec = { ...spec, pattern: again.pattern, settings };
      return settings;
    },
    skip({ seq, record }) {
      if (!matches(spec.pattern, record.topic)) return;
      skipped.add(seq);
      counts.acked += 1;
    },
    claim({ limit, leaseMs, idle }, token, now) {
      reap(now);
      const expired: StoredMessage[] = [];
      const suspectWaiting = [...waiting.values()].some(({ due, suspect }) => suspect && due <= now.monotonic);
      const alone = suspectWaiting && idle ? takeWaiting(1, now, true, expired) : [];
      const deliveries = suspectWaiting ? alone : takeWaiting(limit, now, false, expired);
      if (!suspectWaiting) deliveries.push(...takeFresh(limit - deliveries.length, now, expired));
      if (deliveries.length === 0) {
        const retry = suspectWaiting && idle ? 0 : nextDueInMs(now);
        return { lease: undefined, nextDueInMs: retry, suspectWaiting: suspectWaiting && !idle, expired };
      }
      const open = new Map(deliveries.map(({ seq, record: _, ...progress }) => [seq, { ...progress, started: false }]));
      leases.set(token, { until: now.monotonic + leaseMs, open });
      return { lease: { token, deliveries }, nextDueInMs: undefined, suspectWaiting: false, expired };
    },
    markStarted(token, seq) {
      const entry = leases.get(token)?.open.get(seq);
      if (entry !== undefined) entry.started = true;
    },
    settle(token, seq, outcome, now) {
      const found = find(token, seq, now);
      if (found === undefined) return 'stale';
      found.lease.open.delete(seq);
      if (found.lease.open.size === 0) leases.delete(token);
      conclude(seq, found.entry, outcome, now);
      return 'ok';
    },
    renew(token, leaseMs, now) {
      const lease = leases.get(token);
      if (lease === undefined || lease.until <= now.monotonic) return 'stale';
      lease.until = now.monotonic + leaseMs;
      return 'ok';
    },
    deadLetters({ limit, afterSeq = 0 }) {
      const seqs = [...dead.keys()].filter((seq) => seq > afterSeq).sort((a, b) => a - b);
      return seqs.slice(0, limit).flatMap((seq) => {
        const [message, entry] = [log.get(seq), dead.get(seq)];
        return message === undefined || entry === undefined ? [] : [{ ...message, ...entry }];
      });
    },
    resolveDead(action, { ids, limit = Number.POSITIVE_INFINITY }) {
      const wanted = ids === undefined ? undefined : new Set(ids);
      const done: string[] = [];
      for (const seq of [...dead.keys()].sort((a, b) => a - b)) {
        const id = log.get(seq)?.record.id;
        const entry = dead.get(seq);
        if (done.length >= limit || id === undefined || entry === undefined || wanted?.has(id) === false) continue;
        dead.delete(seq);
        done.push(id);
        if (action === 'discard') counts.discarded += 1;
        else
          waiting.set(seq, { starts: 0, suspect: false, due: 0, redrives: entry.redrives + 1, history: entry.history });
      }
      return done;
    },
    stats(now) {
      const fresh = pending();
      const inFlight = [...leases.values()].flatMap(({ open }) => [...open.keys()]);
      const scheduled = [...waiting.values()].filter(({ due }) => due > now.monotonic).length;
      const owed = [...fresh.map(({ seq }) => seq), ...waiting.keys(), ...inFlight];
      const oldest = owed.length === 0 ? undefined : log.get(owed.reduce((a, b) => Math.min(a, b)));
      return {
        name: spec.name,
        pattern: spec.pattern,
        settings: spec.settings,
        ready: fresh.length + waiting.size - scheduled,
        scheduled: scheduled + log.countDelayed(spec.pattern),
        leased: inFlight.length,
        dead: dead.size,
        ...counts,
        oldestUnackedMs: oldest === undefined ? undefined : Math.max(0, now.wall - oldest.record.publishedAt),
      };
    },
  };
}

function charge(progress: Progress, now: Instant, reason: string): Progress {
  const starts = progress.starts + 1;
  return { ...progress, starts, history: remember(progress.history, { attempt: starts, at: now.wall, reason }) };
}
