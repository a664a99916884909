import { assertPattern, type StartPosition, type SubscriptionSettings } from '@agentbus/core';
import { type Backoff, exponential } from './backoff.ts';
import { invalid, refuseUnknownOptions, requireCount, requireDuration, requireText } from './option-rules.ts';

/** What `consume` takes. */
export interface ConsumeOptions {
  /** The subscription. Consumers of one name share its work; each name gets its own copy of every message. */
  readonly name: string;
  /** The topics it is about, for instance `agents.*.inbox`. */
  readonly pattern: string;
  /**
   * Where a subscription that does not exist yet begins: `'all'` that is still stored, only what is `'new'`, or after a
   * `seq`. Default: `'all'`, so that what was sent before the first consumer came is not lost.
   */
  readonly from?: StartPosition;
  /**
   * How long after this process dies others get its messages. While it lives, a lease renews itself every third of this
   * time. Default: 30,000. Shorter, and an event loop that stalls for seconds loses its leases.
   */
  readonly leaseMs?: number;
  /**
   * How long a handler may run, 0 for ever. Then its signal aborts, the attempt has failed, and its place is given to
   * the next message whether it returns or not. Kept with the subscription. Default: 900,000, a quarter of an hour,
   * which the longest chain of model calls seldom takes.
   */
  readonly timeoutMs?: number;
  /**
   * How often a message may be started, crashes included, before it becomes a dead letter. Kept with the subscription.
   * Default: 8. With the default backoff the eighth attempt comes a minute after the first on average and two minutes
   * at most: enough to sit out a rate limit or a restarting peer, and few enough not to burn a model's budget.
   */
  readonly maxAttempts?: number;
  /** How long to wait between attempts. Default: {@link exponential} with full jitter. */
  readonly backoff?: Backoff;
  /**
   * How many handlers of this consumer run at a time. Default: 1, in the order of publishing: an agent that holds one
   * conversation needs no locks. Raise it where handlers are independent, as calls to a model mostly are.
   */
  readonly concurrency?: number;
  /** Changes the pattern and limits of a subscription that exists, for everybody, instead of refusing to differ. */
  readonly update?: boolean;
  /** Stops the consumer when it aborts, as `stop()` does. */
  readonly signal?: AbortSignal;
  /** Gives numbers from 0 to below 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What a consumer works by: every option with its value. */
export interface ConsumerPlan {
  readonly name: string;
  readonly pattern: string;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly concurrency: number;
  readonly random: () => number;
}

const optionNames = [
  'name',
  'pattern',
  'from',
  'leaseMs',
  'timeoutMs',
  'maxAttempts',
  'backoff',
  'concurrency',
  'update',
  'signal',
  'random',
] as const satisfies readonly (keyof ConsumeOptions)[];

const defaultTimeoutMs = 900_000;
const defaultMaxAttempts = 8;
/** A lease is renewed every third of it; below this a busy event loop could not keep up. */
const shortestLeaseMs = 10;

/** Refuses what cannot work, before anything is stored. */
export function checkConsumeOptions(options: ConsumeOptions): void {
  const { name, pattern, from = 'all', leaseMs, timeoutMs, maxAttempts, backoff, concurrency, random } = options;
  refuseUnknownOptions('consume()', options, optionNames);
  requireText('name', name, 256);
  assertPattern(pattern);
  if (from !== 'all' && from !== 'new' && !isPosition(from)) {
    throw invalid('from', from, '"all", "new" or { seq } with a whole number');
  }
  if (leaseMs !== undefined) requireDuration('leaseMs', leaseMs, shortestLeaseMs);
  if (timeoutMs !== undefined) requireDuration('timeoutMs', timeoutMs, 0);
  if (maxAttempts !== undefined) requireCount('maxAttempts', maxAttempts, 1);
  if (concurrency !== undefined) requireCount('concurrency', concurrency, 1);
  if (backoff !== undefined && typeof backoff !== 'function') {
    throw invalid('backoff', backoff, 'a policy such as exponential() or a function (attempt) => milliseconds');
  }
  if (random !== undefined && typeof random !== 'function') throw invalid('random', random, 'a function');
}

function isPosition(from: unknown): boolean {
  return typeof from === 'object' && from !== null && 'seq' in from && Number.isSafeInteger(from.seq);
}

/**
 * The limits to keep with the subscription: only those that the caller named, so that whoever names none obeys those of
 * others rather than contradict them with our defaults.
 */
export function namedLimits({ timeoutMs, maxAttempts }: ConsumeOptions): SubscriptionSettings {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
  };
}

/** Joins what the caller asked for with the limits that hold for the subscription. */
export function planConsumer(options: ConsumeOptions, limits: SubscriptionSettings): ConsumerPlan {
  const { name, pattern, leaseMs = 30_000, backoff = exponential(), concurrency = 1, random = Math.random } = options;
  const { timeoutMs, maxAttempts } = limits;
  return {
    name,
    pattern,
    leaseMs,
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : defaultTimeoutMs,
    maxAttempts: typeof maxAttempts === 'number' ? maxAttempts : defaultMaxAttempts,
    backoff,
    concurrency,
    random,
  };
}
