import type { Bus, BusEvent } from '@agentbus/core';
import { createBoundedSeries } from './bounded-series.ts';
import { createHistogram, type Histogram, mergeHistograms } from './histogram.ts';
import type { DeliveryLatencies, MetricsSnapshot, SubscriptionCounts, TopicCounts } from './metrics-snapshot.ts';

/** Counts what happens on a bus. Made by {@link collectMetrics}. */
export interface Metrics extends Disposable {
  /** The figures of this moment. Sorts and merges histograms, so take it every second or so, not every message. */
  snapshot(): MetricsSnapshot;
}

/** Options of {@link collectMetrics}. */
export interface MetricsOptions {
  /** Topics counted by name; the rest together. Default: 200, at most about 7 MB. */
  readonly maxTopics?: number;
  /** Subscriptions counted by name; the rest together. Default: 200, at most about 20 MB. */
  readonly maxSubscriptions?: number;
}

type Mutable<Counts> = { -readonly [Name in keyof Counts]: number };

interface TopicFigures {
  readonly counts: Mutable<TopicCounts>;
  readonly publishToDurable: Histogram;
}

interface SubscriptionFigures {
  readonly counts: Mutable<SubscriptionCounts>;
  readonly publishToDispatch: Histogram;
  readonly processing: Histogram;
  readonly settling: Histogram;
}

/**
 * Counts from now on what happens on this bus, in this process. It listens to bus events and to nothing else, and does
 * no more per event than add to a counter and to a histogram.
 *
 * ```ts
 * using metrics = collectMetrics(bus);
 * await bus.publish('notes', 'hello');
 * console.log(metrics.snapshot().latencies.publishToDurable.p95Ms);
 * ```
 */
export function collectMetrics(bus: Bus, options: MetricsOptions = {}): Metrics {
  const { maxTopics = 200, maxSubscriptions = 200 } = options;
  const startedAt = bus.clock.monotonic();
  const topics = createBoundedSeries(maxTopics, newTopicFigures);
  const subscriptions = createBoundedSeries(maxSubscriptions, newSubscriptionFigures);
  const totals = {
    ...newTopicFigures().counts,
    ...newSubscriptionFigures().counts,
    overflowDropped: 0,
    handlerErrors: 0,
    storeErrors: 0,
  };

  function count(name: keyof SubscriptionCounts, subscription: string, by = 1): SubscriptionFigures {
    const figures = subscriptions.of(subscription);
    figures.counts[name] += by;
    totals[name] += by;
    return figures;
  }

  function observe(event: BusEvent): void {
    switch (event.type) {
      case 'publish': {
        const figures = topics.of(event.topic);
        const name = event.duplicate ? 'duplicates' : 'published';
        figures.counts[name] += 1;
        totals[name] += 1;
        if (event.durable) figures.publishToDurable.record(event.tookMs);
        return;
      }
      case 'dispatch': {
        const figures = count('dispatched', event.subscription);
        if (event.attempt === 1) figures.publishToDispatch.record(event.waitedMs);
        return;
      }
      case 'ack': {
        const figures = count('acked', event.subscription);
        figures.processing.record(event.processingMs);
        figures.settling.record(event.settlingMs);
        return;
      }
      case 'nack':
        count('nacked', event.subscription).processing.record(event.processingMs);
        return;
      case 'release':
        count('released', event.subscription);
        return;
      case 'dead-letter':
        count('deadLettered', event.subscription);
        return;
      case 'lease-lost':
        count('leasesLost', event.subscription);
        return;
      case 'expire':
        count('expired', event.subscription);
        return;
      case 'redrive':
        count('redriven', event.subscription, event.messageIds.length);
        return;
      case 'discard':
        count('discarded', event.subscription, event.messageIds.length);
        return;
      case 'overflow':
        totals.overflowDropped += event.dropped;
        return;
      case 'handler-error':
        totals.handlerErrors += 1;
        return;
      case 'store-error':
        totals.storeErrors += 1;
        return;
      case 'subscribe':
      case 'unsubscribe':
        return;
    }
  }

  function snapshot(): MetricsSnapshot {
    const byTopic = topics.entries();
    const bySubscription = subscriptions.entries();
    const overall = {
      publishToDurable: mergeHistograms(byTopic.map(([, figures]) => figures.publishToDurable)),
      publishToDispatch: mergeHistograms(bySubscription.map(([, figures]) => figures.publishToDispatch)),
      processing: mergeHistograms(bySubscription.map(([, figures]) => figures.processing)),
      settling: mergeHistograms(bySubscription.map(([, figures]) => figures.settling)),
    };
    return {
      at: bus.clock.now(),
      collectedMs: bus.clock.monotonic() - startedAt,
      totals: { ...totals },
      latencies: { publishToDurable: overall.publishToDurable.summary(), ...summarise(overall) },
      topics: byTopic.map(([topic, { counts, publishToDurable }]) => ({
        topic,
        ...counts,
        publishToDurable: publishToDurable.summary(),
      })),
      subscriptions: bySubscription.map(([name, figures]) => ({ name, ...figures.counts, ...summarise(figures) })),
    };
  }

  return { snapshot, [Symbol.dispose]: bus.observe(observe) };
}

function newTopicFigures(): TopicFigures {
  return { counts: { published: 0, duplicates: 0 }, publishToDurable: createHistogram() };
}

function newSubscriptionFigures(): SubscriptionFigures {
  return {
    counts: {
      dispatched: 0,
      acked: 0,
      nacked: 0,
      released: 0,
      deadLettered: 0,
      redriven: 0,
      discarded: 0,
      expired: 0,
      leasesLost: 0,
    },
    publishToDispatch: createHistogram(),
    processing: createHistogram(),
    settling: createHistogram(),
  };
}

function summarise(histograms: Omit<SubscriptionFigures, 'counts'>): DeliveryLatencies {
  const { publishToDispatch, processing, settling } = histograms;
  return {
    publishToDispatch: publishToDispatch.summary(),
    processing: processing.summary(),
    settling: settling.summary(),
  };
}
