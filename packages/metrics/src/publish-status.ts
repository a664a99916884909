import { type Bus, BusError, type StoreStats, type SubscriptionStats, systemTopics } from '@agentbus/core';
import { createAlarmWatch } from './alarms.ts';
import { type BusStatus, type StatusRates, statusRows } from './bus-status.ts';
import { collectMetrics, type Metrics } from './collect-metrics.ts';
import { measureEventLoopLag } from './event-loop-lag.ts';
import type { MetricsSnapshot, TotalCounts } from './metrics-snapshot.ts';

/** Options of {@link publishStatus}. */
export interface StatusOptions {
  /** Default: 5,000. Often enough for somebody who watches, and rare enough to cost nothing. At least 100. */
  readonly intervalMs?: number;
  /**
   * For how long messages may be ready without anybody claiming one before that is an alarm. Default: 15,000, in which
   * a consumer that is restarted is back. Shorter than `intervalMs`, it still takes two looks.
   */
  readonly unclaimedMs?: number;
  /** Metrics that are collected anyway. Default: the publisher collects its own. */
  readonly metrics?: Metrics;
}

/**
 * Publishes a {@link BusStatus} on `system.bus.status` every few seconds until it is disposed or the bus closes. The
 * first one comes after one interval. If the store cannot be read, that is a `store-error` event, and the next status
 * is tried as usual.
 *
 * Each process that calls this publishes its own status, with itself as `source`; they are not merged.
 *
 * The topic is transient unless a policy says otherwise: on a store that keeps transient messages in the process, only
 * live subscribers of this bus hear it. Declared durable, other processes hear it too, and every status is stored.
 *
 * ```ts
 * await using status = publishStatus(bus);
 * bus.subscribe('system.bus.status', ({ payload }) => console.log(payload));
 * ```
 *
 * @throws BusError `invalid_option` for an interval below 100 ms or a patience that is no positive number.
 */
export function publishStatus(bus: Bus, options: StatusOptions = {}): AsyncDisposable {
  const { intervalMs = 5_000, unclaimedMs = 15_000 } = options;
  assertDuration('intervalMs', intervalMs, 100);
  assertDuration('unclaimedMs', unclaimedMs, 1);
  const metrics = options.metrics ?? collectMetrics(bus);
  const lag = measureEventLoopLag();
  const findAlarms = createAlarmWatch(unclaimedMs);
  let last = metrics.snapshot();
  let running = Promise.resolve();
  let stopped = false;
  let cancel = (): void => {};

  async function publishNext(): Promise<void> {
    try {
      const stats = await bus.store.stats();
      const snapshot = metrics.snapshot();
      const status: BusStatus = {
        at: snapshot.at,
        source: bus.source,
        processId: process.pid,
        store: bus.store.url,
        intervalMs,
        ...depths(stats),
        rates: ratesBetween(last, snapshot),
        latencies: snapshot.latencies,
        eventLoopLag: lag.take(),
        alarms: findAlarms(stats, bus.clock.monotonic()).slice(0, statusRows),
      };
      last = snapshot;
      await bus.publish(systemTopics.status, status);
    } catch (error) {
      if (!stopped) bus.emit({ type: 'store-error', error, doing: 'publishing the status' });
    }
    schedule();
  }

  function schedule(): void {
    if (stopped) return;
    cancel = bus.clock.after(intervalMs, () => {
      running = publishNext();
    });
  }

  async function stop(): Promise<void> {
    stopped = true;
    cancel();
    forget();
    lag[Symbol.dispose]();
    if (options.metrics === undefined) metrics[Symbol.dispose]();
    await running;
  }

  const forget = bus.beforeClose(stop);
  schedule();
  return { [Symbol.asyncDispose]: stop };
}

function depths({ topics, subscriptions }: StoreStats): Pick<BusStatus, 'topics' | 'subscriptions' | 'omitted'> {
  const owed = ({ ready, scheduled, leased, dead }: SubscriptionStats): number => ready + scheduled + leased + dead;
  return {
    topics: topics.toSorted((a, b) => b.messages - a.messages).slice(0, statusRows),
    subscriptions: subscriptions
      .toSorted((a, b) => owed(b) - owed(a))
      .slice(0, statusRows)
      .map(({ settings: _, oldestUnackedMs = null, ...depth }) => ({ ...depth, oldestUnackedMs })),
    omitted: {
      topics: Math.max(0, topics.length - statusRows),
      subscriptions: Math.max(0, subscriptions.length - statusRows),
    },
  };
}

function ratesBetween(last: MetricsSnapshot, now: MetricsSnapshot): StatusRates {
  const seconds = (now.collectedMs - last.collectedMs) / 1000;
  const rate = (name: keyof TotalCounts): number => (now.totals[name] - last.totals[name]) / seconds;
  return {
    publishedPerSecond: rate('published'),
    dispatchedPerSecond: rate('dispatched'),
    ackedPerSecond: rate('acked'),
    nackedPerSecond: rate('nacked'),
    deadLetteredPerSecond: rate('deadLettered'),
  };
}

function assertDuration(name: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return;
  throw new BusError('invalid_option', `${name} is ${value}; it must be a number of milliseconds, at least ${least}.`);
}
