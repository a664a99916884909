import type { JsonValue, MessageRecord } from './message.ts';

/**
 * The port behind which a store keeps messages and leases them. A store decides nothing: whether a failure is retried,
 * when, and when it is given up is the business of policy, which stores nothing. What every store promises is written
 * down as the named cases of `@agentbus/conformance`.
 *
 * All verbs reject with a BusError: `store_busy` (retryable), `store_failed`, or `closed`, besides what is named here.
 */
export interface Store {
  /** The URL under which `openStore` finds this store again, for messages to people. */
  readonly url: string;

  /**
   * Keeps the messages, all or none, and resolves once they are durable. A message whose id is already stored with the
   * same content is a duplicate and changes nothing.
   *
   * Rejects with `id_conflict` if an id is stored with another content, and then keeps none.
   */
  append(drafts: readonly Draft[]): Promise<readonly AppendResult[]>;

  /**
   * Makes the subscription durable, or confirms it when it exists, and resolves to the settings that hold. A setting
   * that nobody has named before is taken over; so whoever leaves one out obeys what others chose. Rejects with
   * `config_conflict` if the pattern or a named setting differs and `update` is not set.
   */
  openSubscription(spec: SubscriptionSpec): Promise<SubscriptionSettings>;

  /** Ends a subscription with everything it was owed and its dead letters. Resolves to whether there was one. */
  removeSubscription(name: string): Promise<boolean>;

  /**
   * Leases up to `limit` messages owed to a subscription to one consumer: those that are due again first, then new ones
   * in order of priority lane and publishing. Takes leases that ran out back first, and charges an attempt for those
   * of their messages that were marked as started. Rejects with `unknown_subscription`.
   */
  claim(request: ClaimRequest): Promise<Claim>;

  /**
   * Records that the handler is about to run. Synchronous and cheap, and readable by others after this process was
   * killed, so that a crash charges an attempt to what had started and to nothing else.
   */
  markStarted(token: string, seq: number): void;

  /** Settles leased messages. A settlement under a lost lease is `stale` and changes nothing. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]>;

  /** Extends a lease to `leaseMs` from now. `stale` if it was lost. */
  renew(token: string, leaseMs: number): Promise<SettleResult>;

  /** The `seq` of the newest message, 0 in an empty store. What is appended after this call has a greater one. */
  head(): Promise<number>;

  /** Reads messages in order of `seq` without consuming anything. */
  read(query: ReadQuery): Promise<readonly StoredMessage[]>;

  /** Lists dead letters of a subscription in order of `seq`. */
  deadLetters(name: string, query: DeadLetterQuery): Promise<readonly DeadLetterRecord[]>;

  /**
   * Makes dead letters owed again to their own subscription, with no attempts counted; or discards them. Without `ids`
   * the oldest, up to `limit`. Resolves to the ids that it was done to.
   */
  resolveDead(name: string, action: 'redrive' | 'discard', selection: DeadSelection): Promise<readonly string[]>;

  /** What is in the store, from counters kept as it changes. */
  stats(): Promise<StoreStats>;

  /**
   * Calls `listener` soon after something may have become readable or claimable, or a subscription was removed, by any
   * process on this store. Calls are merged and may be spurious. Returns the undo.
   */
  watch(listener: () => void): () => void;

  /** Finishes what was accepted and lets go of everything. Leases stay until they are settled or run out. */
  close(): Promise<void>;
}

/** A message about to be stored. */
export interface Draft extends MessageRecord {
  /** Subscriptions for which the message is history: stored, but not owed to them. This is how processed mail is imported. */
  readonly settledFor?: readonly string[];
}

/** What became of one draft. */
export interface AppendResult {
  /** Whether the message had been stored before. */
  readonly duplicate: boolean;
}

/** A message with its place in the log. `seq` grows in the order in which messages became visible; it has gaps. */
export interface StoredMessage {
  readonly seq: number;
  readonly record: MessageRecord;
}

/** Where a new subscription begins: with everything still stored, with what comes from now on, or after a `seq`. */
export type StartPosition = 'all' | 'new' | { readonly seq: number };

/** A durable, named standing order. */
export interface SubscriptionSpec {
  readonly name: string;
  readonly pattern: string;
  readonly from: StartPosition;
  /** Limits that every consumer under the name obeys; kept with the store, compared when the name is opened again. */
  readonly settings: SubscriptionSettings;
  /** Take over the new pattern and settings instead of rejecting a difference. */
  readonly update?: boolean;
}

/** The limits that belong to the subscription rather than to one consumer. */
export interface SubscriptionSettings {
  readonly [name: string]: JsonValue;
}

/** Asks for work. */
export interface ClaimRequest {
  readonly subscription: string;
  /** Names the asking consumer in the lease, for people who look. */
  readonly consumer: string;
  readonly limit: number;
  readonly leaseMs: number;
  /**
   * Whether the asking consumer runs nothing at the moment. A message that was running when its process died is a
   * suspect and leased only alone and to an idle consumer, so that it can take no neighbour down with it.
   */
  readonly idle: boolean;
}

/** What a claim found. */
export interface Claim {
  /** Undefined when nothing could be leased. */
  readonly lease: Lease | undefined;
  /** Set when nothing was leased but something will fall due without anybody's doing, in so many milliseconds. */
  readonly nextDueInMs: number | undefined;
  /** Set when a suspect waits for the consumer to be idle. */
  readonly suspectWaiting: boolean;
  /** Messages that had run out of time before anybody could be given them. They are owed no more. */
  readonly expired: readonly StoredMessage[];
}

/** The time-limited right to settle some deliveries, proved by its token. */
export interface Lease {
  readonly token: string;
  readonly deliveries: readonly LeasedDelivery[];
}

/** One message within a lease. */
export interface LeasedDelivery extends StoredMessage {
  /** How often it was started before and neither released nor redriven. */
  readonly starts: number;
  /** Whether it was running when a lease ran out. */
  readonly suspect: boolean;
  /** How often it was brought back from among the dead letters. */
  readonly redrives: number;
  /** Its failures, oldest first, at most the newest 32. */
  readonly history: readonly Failure[];
}

/** One failed attempt. */
export interface Failure {
  readonly attempt: number;
  readonly at: number;
  readonly reason: string;
}

/** Settles one delivery. */
export interface Settlement {
  readonly token: string;
  readonly seq: number;
  readonly outcome: Outcome;
}

/**
 * What becomes of a delivery: done; owed again after a delay, with one attempt counted; owed again at once with nothing
 * counted; or given up.
 */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly reason: string }
  | { readonly kind: 'release' }
  | { readonly kind: 'dead'; readonly reason: string; readonly detail?: string };

/** Whether a settlement took effect, or came after the lease was lost. */
export type SettleResult = 'ok' | 'stale';

/** Which messages to read: those after a `seq`, on topics that match, or those with certain ids. */
export interface ReadQuery {
  readonly pattern?: string;
  readonly ids?: readonly string[];
  /** Exclusive lower bound. Default: 0, the beginning. */
  readonly afterSeq?: number;
  readonly limit: number;
}

/** A page of dead letters. */
export interface DeadLetterQuery {
  readonly limit: number;
  /** Exclusive lower bound by `seq`. */
  readonly afterSeq?: number;
}

/** Which dead letters to act on. */
export interface DeadSelection {
  readonly ids?: readonly string[];
  readonly limit?: number;
}

/** A delivery given up. */
export interface DeadLetterRecord extends StoredMessage {
  readonly reason: string;
  readonly detail?: string;
  readonly diedAt: number;
  readonly starts: number;
  /** How often it had been redriven before it died this time. */
  readonly redrives: number;
  readonly history: readonly Failure[];
}

/** Figures of a store. */
export interface StoreStats {
  readonly topics: readonly TopicStats[];
  readonly subscriptions: readonly SubscriptionStats[];
}

/** Figures of a topic. */
export interface TopicStats {
  readonly topic: string;
  /** Messages stored now. */
  readonly messages: number;
  /** Messages that wait for their time. */
  readonly delayed: number;
}

/** Figures of a subscription. */
export interface SubscriptionStats {
  readonly name: string;
  readonly pattern: string;
  readonly settings: SubscriptionSettings;
  /** Owed and due. Includes what has expired unseen. */
  readonly ready: number;
  /** Owed, but not due yet. */
  readonly scheduled: number;
  readonly leased: number;
  readonly dead: number;
  readonly acked: number;
  readonly expired: number;
  readonly discarded: number;
  /** The age of the oldest delivery that is owed and not settled; undefined when nothing is owed. */
  readonly oldestUnackedMs: number | undefined;
}
