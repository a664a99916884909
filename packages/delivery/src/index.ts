// For users, most useful first.
export { consume } from './consume.ts';
export type { ConsumeOptions } from './consume-options.ts';
export type { Delivery, Handler, HandlerContext } from './delivery.ts';
export { ack, deadLetter, nack, release } from './settlement.ts';
export type { AckOptions, NackOptions, Settlement } from './settlement.ts';
export type { Consumer, StopOptions } from './consumer.ts';
export { type Backoff, exponential, type ExponentialOptions, fixed, list } from './backoff.ts';
export {
  type DeadLetter,
  type DeadLetterPage,
  deadLetters,
  discard,
  redrive,
  type RedriveOptions,
} from './dead-letters.ts';
export { removeSubscription } from './remove-subscription.ts';
export type { DeadLetterEvent } from './failure-reports.ts';
