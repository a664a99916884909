import type { SubscriptionStats, TopicStats } from '@agentbus/core';
import type { BusAlarm } from './alarms.ts';
import type { MetricsSnapshot } from './metrics-snapshot.ts';

/**
 * The payload on `system.bus.status`: how the bus is doing, as one process sees it. Depths and alarms are about the
 * whole store, whoever uses it; rates, latencies and lag are about the process that publishes.
 */
export interface BusStatus {
  /** When this was taken, in milliseconds since the epoch. */
  readonly at: number;
  /** The `source` of the publishing bus. */
  readonly source: string;
  readonly processId: number;
  /** The URL of the store. */
  readonly store: string;
  /** The next status is due after so long. */
  readonly intervalMs: number;
  /** At most {@link statusRows}, those with the most messages first. */
  readonly topics: readonly TopicStats[];
  /** At most {@link statusRows}, those that are owed the most first. */
  readonly subscriptions: readonly SubscriptionStatus[];
  /** How many topics and subscriptions were left out to keep the message small. */
  readonly omitted: { readonly topics: number; readonly subscriptions: number };
  readonly rates: StatusRates;
  /** Since this process began to collect. */
  readonly latencies: MetricsSnapshot['latencies'];
  /** By how much timers came late since the last status: a handler or a commit that blocks the process shows here. */
  readonly eventLoopLag: { readonly p99Ms: number; readonly maxMs: number };
  readonly alarms: readonly BusAlarm[];
}

/** A subscription's depth. */
export interface SubscriptionStatus extends Omit<SubscriptionStats, 'settings' | 'oldestUnackedMs'> {
  /** The age of the oldest delivery that is owed and not settled; null when nothing is owed. */
  readonly oldestUnackedMs: number | null;
}

/** What this process did per second, on average since its last status. */
export interface StatusRates {
  readonly publishedPerSecond: number;
  readonly dispatchedPerSecond: number;
  readonly ackedPerSecond: number;
  readonly nackedPerSecond: number;
  readonly deadLetteredPerSecond: number;
}

/** The most topics, and the most subscriptions, that one status lists. Keeps it below about 50 kB. */
export const statusRows = 100;
