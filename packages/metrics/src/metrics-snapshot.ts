import type { LatencySummary } from './histogram.ts';

/**
 * What one process saw happen on its bus since it began to collect. Plain data, ready for JSON. It knows nothing of
 * other processes on the same store: for what is stored and owed altogether, ask `store.stats()`.
 */
export interface MetricsSnapshot {
  /** When this was taken, in milliseconds since the epoch. */
  readonly at: number;
  /** How long had been collected by then. */
  readonly collectedMs: number;
  readonly totals: TotalCounts;
  readonly latencies: PublishLatencies & DeliveryLatencies;
  /** By topic, in alphabetical order. All topics beyond `maxTopics` are one entry named `(other)`, the last. */
  readonly topics: readonly TopicMetrics[];
  /** By subscription, in alphabetical order, with `(other)` likewise. */
  readonly subscriptions: readonly SubscriptionMetrics[];
}

/** Messages that this process published. */
export interface TopicCounts {
  /** New messages, durable or transient. */
  readonly published: number;
  /** Publishes that added nothing, because the message was stored already. */
  readonly duplicates: number;
}

/** What happened to deliveries in the consumers of this process. */
export interface SubscriptionCounts {
  /** Handlers started. A message that is tried three times counts three times. */
  readonly dispatched: number;
  readonly acked: number;
  /** Failed attempts that will be retried. */
  readonly nacked: number;
  readonly released: number;
  /** Deliveries given up. */
  readonly deadLettered: number;
  readonly redriven: number;
  readonly discarded: number;
  /** Messages that ran out of time before a consumer could be given them. */
  readonly expired: number;
  /** Attempts whose lease ran out or was taken before they settled. */
  readonly leasesLost: number;
}

/** Everything that is counted, over all topics and subscriptions. */
export interface TotalCounts extends TopicCounts, SubscriptionCounts {
  /** Transient messages dropped for live subscribers that fell too far behind. */
  readonly overflowDropped: number;
  /** Handlers of live subscriptions that threw. */
  readonly handlerErrors: number;
  readonly storeErrors: number;
}

/** What a publisher waits for. */
export interface PublishLatencies {
  /** From the call of `publish` until the message is durable. Transient messages are not in it. */
  readonly publishToDurable: LatencySummary;
}

/** What a message waits for. */
export interface DeliveryLatencies {
  /**
   * From publishing until a handler starts, by wall clock, for first attempts only: in later ones the backoff would
   * drown it. One that was released or redriven is a first attempt again. Includes any delay that the publisher asked
   * for, and the time before the consumer was there.
   */
  readonly publishToDispatch: LatencySummary;
  /** How long the handler ran, for attempts that ended in an ack or a retry. */
  readonly processing: LatencySummary;
  /** From the end of the handler until its ack was committed. */
  readonly settling: LatencySummary;
}

/** One topic's figures. */
export interface TopicMetrics extends TopicCounts, PublishLatencies {
  readonly topic: string;
}

/** One subscription's figures. */
export interface SubscriptionMetrics extends SubscriptionCounts, DeliveryLatencies {
  readonly name: string;
}
