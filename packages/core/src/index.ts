// For users, most useful first.
export { type BusOptions, openBus } from './open-bus.ts';
export type { Bus } from './bus.ts';
export type { Message, JsonValue, Priority } from './message.ts';
export type { PublishInput, PublishOptions } from './publish-options.ts';
export type { LiveHandler, Subscription } from './subscription.ts';
export { BusError, type BusErrorCode, type BusErrorOptions } from './bus-error.ts';
export { defaultMaxPayloadBytes, defineTopic, type TopicOptions, type TopicPolicy } from './topic-policy.ts';
export { decodeToken, encodeToken, matches } from './topic.ts';
export type { BusEvent, DeliverySubject, EventSubject, Observer } from './bus-event.ts';
export { systemTopics } from './system-topics.ts';
export type { SystemError } from './system-error.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts';

// For authors of stores and of libraries on top of the bus.
export type {
  AppendResult,
  Claim,
  ClaimRequest,
  DeadLetterQuery,
  DeadLetterRecord,
  DeadSelection,
  Draft,
  Failure,
  Lease,
  LeasedDelivery,
  Outcome,
  ReadQuery,
  SettleResult,
  Settlement,
  StartPosition,
  Store,
  StoredMessage,
  StoreStats,
  SubscriptionSettings,
  SubscriptionSpec,
  SubscriptionStats,
  TopicStats,
} from './store.ts';
export { type MessageRecord, priorities, toMessage } from './message.ts';
export type { BusEventInput } from './bus-event.ts';
export { type Clock, systemClock } from './clock.ts';
export { assertPattern, assertTopic, hasWildcard, maxTokenLength, maxTopicTokens } from './topic.ts';
export { createPatternTrie, type PatternTrie } from './pattern-trie.ts';
export { canonicalJson, sameContent } from './draft.ts';
export { laneOrder, laneWheel } from './lane-wheel.ts';
export { historyLimit, remember } from './failure-history.ts';
export { type Bell, createBell } from './bell.ts';
export {
  agreeOnSettings,
  idConflict,
  type StandingSubscription,
  storeClosed,
  unknownSubscription,
} from './rejections.ts';
export { checkSchema } from './topic-policy.ts';
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts';
export { type ErrorReport, reportError } from './system-error.ts';
export { isSystemTopic } from './system-topics.ts';
export { createUuidV7 } from './uuid.ts';
