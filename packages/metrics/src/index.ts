export { collectMetrics, type Metrics, type MetricsOptions } from './collect-metrics.ts';
export type {
  DeliveryLatencies,
  MetricsSnapshot,
  PublishLatencies,
  SubscriptionCounts,
  SubscriptionMetrics,
  TopicCounts,
  TopicMetrics,
  TotalCounts,
} from './metrics-snapshot.ts';
export { histogramRelativeError, type LatencySummary } from './histogram.ts';
export { otherName } from './bounded-series.ts';
export { publishStatus, type StatusOptions } from './publish-status.ts';
export { type BusStatus, type StatusRates, statusRows, type SubscriptionStatus } from './bus-status.ts';
export type { BusAlarm } from './alarms.ts';
