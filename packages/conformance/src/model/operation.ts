import type { ClaimRequest, Outcome, Priority } from '@agentbus/core';
import fc, { type Arbitrary } from 'fast-check';

/**
 * One step of a run, as plain data, so that a failing run can be printed, kept and played again. Numbers that pick
 * something are taken modulo what there is; a step that finds nothing to act on does nothing.
 */
export type Operation =
  | { readonly do: 'publish'; readonly messages: readonly Publishing[] }
  | ({ readonly do: 'claim'; readonly subscription: number } & Pick<ClaimRequest, 'limit' | 'leaseMs' | 'idle'>)
  /** The newest lease has number 0. */
  | { readonly do: 'start'; readonly lease: number; readonly delivery: number }
  | { readonly do: 'settle'; readonly settlements: readonly Settling[] }
  | { readonly do: 'renew'; readonly lease: number; readonly leaseMs: number }
  | {
      readonly do: 'resolve';
      readonly subscription: number;
      readonly action: 'redrive' | 'discard';
      /** So many of the oldest, or certain ones of all messages published. */
      readonly which: { readonly limit: number } | { readonly messages: readonly number[] };
    }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'jump'; readonly ms: number }
  /** The consumers forget what they hold; a store that can be reopened is. */
  | { readonly do: 'crash'; readonly ending: 'closed' | 'crashed' }
  | { readonly do: 'open'; readonly subscription: number; readonly pattern: number; readonly from: Beginning }
  | { readonly do: 'remove'; readonly subscription: number };

/** What is to be published. */
export interface Publishing {
  readonly topic: number;
  readonly priority: Priority;
  readonly delayMs: number;
  /** 0: for ever. */
  readonly ttlMs: number;
  /** Publishes an earlier message once more, as it was or with another payload under its id. */
  readonly again?: { readonly message: number; readonly altered: boolean };
  /** Names of the pool of subscriptions, which need not be open. */
  readonly settledFor: readonly number[];
}

/** One settlement of a call. */
export interface Settling {
  readonly lease: number;
  readonly delivery: number;
  readonly outcome: Outcome;
}

/** Where a subscription begins; with a number, after one of the messages in the log. */
export type Beginning = 'all' | 'new' | number;

/** The topics and patterns of the model: overlapping, exact, wild and remote. */
export const topics: readonly string[] = ['a', 'a.x', 'a.y', 'b.x', 'b.x.z'];
export const patterns: readonly string[] = ['>', 'a.x', '*.x', 'a.>', 'b.x.z', 'c'];
/** The pool of names. */
export const subscriptionNames: readonly string[] = ['one', 'two', 'three', 'four'];

const small: Arbitrary<number> = fc.nat(7);
/** Mostly the first, so that something comes together in it. */
const subscription = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3);
/** Few values that meet each other, so that things end and fall due in the same millisecond. */
const leaseMs = fc.constantFrom(1_000, 5_000, 30_000, 30_000);
/** Mostly one of the newest, as the older ones are settled or have ended. */
const lease = fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 5);

const publishing: Arbitrary<Publishing> = fc.record(
  {
    topic: fc.nat(topics.length - 1),
    priority: fc.constantFrom<Priority[]>('normal', 'normal', 'urgent', 'high', 'low'),
    delayMs: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 1_000, 6_000),
    ttlMs: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 1_000, 31_000),
    again: fc.record({ message: small, altered: fc.boolean() }),
    settledFor: fc.oneof(
      { weight: 12, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.nat(subscriptionNames.length - 1), { maxLength: 2 }) },
    ),
  },
  { requiredKeys: ['topic', 'priority', 'delayMs', 'ttlMs', 'settledFor'] },
);
/** Mostly fresh ones: what is published again or refused tests little else. */
const mostlyFresh: Arbitrary<Publishing> = fc.oneof(
  {
    weight: 5,
    arbitrary: publishing.map(({ again: _, ...fresh }) => fresh),
  },
  { weight: 1, arbitrary: publishing },
);

const outcome: Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ kind: 'ack' }),
  fc.record({
    kind: fc.constant('retry'),
    delayMs: fc.constantFrom(0, 1, 1_000, 6_000),
    reason: fc.constantFrom('busy', 'no luck'),
  }),
  fc.constant<Outcome>({ kind: 'release' }),
  fc.constant<Outcome>({ kind: 'dead', reason: 'hopeless' }),
  fc.constant<Outcome>({ kind: 'dead', reason: 'schema', detail: 'n: expected number' }),
);

const operation: Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish'),
      messages: fc.array(mostlyFresh, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('claim'),
      subscription,
      limit: fc.integer({ min: 1, max: 4 }),
      leaseMs,
      idle: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('start'), lease, delivery: small }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('settle'),
      settlements: fc.array(fc.record({ lease, delivery: small, outcome }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('renew'), lease, leaseMs }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('resolve'),
      subscription,
      action: fc.constantFrom<('redrive' | 'discard')[]>('redrive', 'redrive', 'discard'),
      which: fc.oneof(
        fc.record({ limit: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ messages: fc.array(fc.nat(20), { maxLength: 12 }) }),
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('advance'),
      ms: fc.constantFrom(0, 1, 999, 1_000, 1_000, 1_000, 4_000, 5_000, 30_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump'), ms: fc.constantFrom(-3_600_000, -1, 1, 3_600_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), ending: fc.constantFrom('closed', 'crashed') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('open'),
      subscription: small,
      pattern: fc.nat(patterns.length - 1),
      from: fc.oneof(fc.constantFrom<Beginning[]>('all', 'new'), fc.nat(30)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove'), subscription: small }) },
);

/** A run: every delivery can go through several lives in this many steps. */
export const operations: Arbitrary<Operation[]> = fc.array(operation, { maxLength: 120, size: 'max' });
