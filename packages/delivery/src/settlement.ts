import { requireDuration, requireText } from './option-rules.ts';

/**
 * What a handler says about a delivery. Made by {@link ack}, {@link nack}, {@link release} and {@link deadLetter};
 * returned from the handler.
 */
export type Settlement =
  | { readonly kind: 'ack'; readonly processingMs?: number }
  | { readonly kind: 'nack'; readonly delayMs?: number; readonly reason?: string }
  | { readonly kind: 'release' }
  | { readonly kind: 'deadLetter'; readonly reason: string };

/** Options of {@link ack}. */
export interface AckOptions {
  /** How long the work took, where the handler knows better than the clock around it. Default: how long it ran. */
  readonly processingMs?: number;
}

/** Options of {@link nack}. */
export interface NackOptions {
  /** How long to wait before the next attempt, instead of what the consumer's `backoff` says. */
  readonly delayMs?: number;
  /** Kept in the delivery's history and shown with its dead letter. Default: `nacked`. */
  readonly reason?: string;
}

/**
 * The message is dealt with. Returning nothing says the same.
 *
 * ```ts
 * await consume(bus, { name: 'planner', pattern: 'agents.planner.inbox' }, async ({ message }) => {
 *   const { usage } = await plan(message.payload);
 *   return ack({ processingMs: usage.modelMs });
 * });
 * ```
 *
 * @throws BusError `invalid_option` if `processingMs` is not a number of milliseconds.
 */
export function ack({ processingMs }: AckOptions = {}): Settlement {
  if (processingMs === undefined) return { kind: 'ack' };
  return { kind: 'ack', processingMs: requireDuration('processingMs', processingMs, 0) };
}

/**
 * The attempt failed: try again after a while, or give the message up when this was the last attempt. Throwing says the
 * same, with the error as the reason.
 *
 * ```ts
 * await consume(bus, { name: 'fetcher', pattern: 'pages.wanted' }, async ({ message }) => {
 *   const response = await fetch(String(message.payload));
 *   return response.status === 429 ? nack({ delayMs: 60_000, reason: 'rate limited' }) : ack();
 * });
 * ```
 *
 * @throws BusError `invalid_option` if `delayMs` or `reason` cannot work.
 */
export function nack({ delayMs, reason }: NackOptions = {}): Settlement {
  return {
    kind: 'nack',
    ...(delayMs === undefined ? {} : { delayMs: requireDuration('delayMs', delayMs, 0) }),
    ...(reason === undefined ? {} : { reason: requireText('reason', reason) }),
  };
}

/**
 * The message goes back as if it had never been handed out, for whoever claims next. Costs no attempt, so a handler that
 * always releases is asked for ever: to wait for better times, {@link nack} with a delay.
 *
 * ```ts
 * await consume(bus, { name: 'printer', pattern: 'documents.>' }, async ({ message }, { signal }) => {
 *   const printed = await print(message.payload, signal);
 *   return printed ? ack() : release();
 * });
 * ```
 */
export function release(): Settlement {
  return { kind: 'release' };
}

/**
 * The message is given up at once, whatever attempts are left, and kept as a dead letter with this reason.
 *
 * ```ts
 * await consume(bus, { name: 'coder', pattern: 'agents.coder.inbox' }, async ({ message }) => {
 *   const found = await findRepository(message.payload);
 *   return found ? ack() : deadLetter('no such repository');
 * });
 * ```
 *
 * @throws BusError `invalid_option` if `reason` is empty: people will read it.
 */
export function deadLetter(reason: string): Settlement {
  return { kind: 'deadLetter', reason: requireText('reason', reason) };
}

const kinds: readonly unknown[] = ['ack', 'nack', 'release', 'deadLetter'] satisfies readonly Settlement['kind'][];

/** Whether a handler's return value is a settlement. By shape, so that two copies of this package understand each other. */
export function isSettlement(value: unknown): value is Settlement {
  return typeof value === 'object' && value !== null && 'kind' in value && kinds.includes(value.kind);
}
