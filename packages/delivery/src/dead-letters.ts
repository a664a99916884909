import { type Bus, type Failure, type Message, toMessage } from '@agentbus/core';
import { invalid, refuseUnknownOptions, requireCount } from './option-rules.ts';

/** A delivery that was given up. The message is whole: redriving it is handing out the same message once more. */
export interface DeadLetter {
  readonly message: Message;
  /** Its place in the log; see `after` of {@link deadLetters}. */
  readonly seq: number;
  /**
   * Why: what the handler said or threw last, `schema` for a payload that does not fit its topic, `crashed` when its
   * processes kept dying, `exhausted` when the limit was lowered below what it had used.
   */
  readonly reason: string;
  /** More about it, for people: the stack of the last error, the first issues of the schema. */
  readonly detail?: string;
  readonly diedAt: number;
  /** How often it was started since it was published or last redriven. */
  readonly attempts: number;
  /** How often it was brought back before it died this time. */
  readonly redrives: number;
  /** Its failures, oldest first. */
  readonly history: readonly Failure[];
}

/** Which page of {@link deadLetters}. */
export interface DeadLetterPage {
  /** Default: 100. */
  readonly limit?: number;
  /** Continue after the dead letter with this `seq`. Default: from the oldest. */
  readonly after?: number;
}

/** Which dead letters to {@link redrive}. */
export interface RedriveOptions {
  /** Ids of messages. Default: all. */
  readonly ids?: readonly string[];
  /** The oldest so many. Default: all. */
  readonly limit?: number;
}

/**
 * Lists the dead letters of a subscription in the order in which their messages were published.
 *
 * ```ts
 * for (const { message, reason, attempts } of await deadLetters(bus, 'coder')) {
 *   console.log(message.id, message.topic, `${reason} after ${attempts} attempts`);
 * }
 * ```
 *
 * @throws BusError `unknown_subscription`, `invalid_option`
 */
export async function deadLetters(bus: Bus, name: string, page: DeadLetterPage = {}): Promise<DeadLetter[]> {
  refuseUnknownOptions('deadLetters()', page, ['limit', 'after']);
  const limit = requireCount('limit', page.limit ?? 100, 1);
  const afterSeq = requireCount('after', page.after ?? 0, 0);
  const records = await bus.store.deadLetters(name, { limit, afterSeq });
  return records.map(({ record, starts, ...rest }) => ({ message: toMessage(record), attempts: starts, ...rest }));
}

/**
 * Makes dead letters owed again to their own subscription, with all attempts before them. They keep id, headers and
 * history. Resolves to the ids of those that were dead and are owed now.
 *
 * ```ts
 * const ids = await redrive(bus, 'coder', { limit: 10 });
 * console.log(`${ids.length} messages get another chance`);
 * ```
 *
 * @throws BusError `unknown_subscription`, `invalid_option`
 */
export async function redrive(bus: Bus, name: string, options: RedriveOptions = {}): Promise<readonly string[]> {
  refuseUnknownOptions('redrive()', options, ['ids', 'limit']);
  if (options.limit !== undefined) requireCount('limit', options.limit, 1);
  const messageIds = await bus.store.resolveDead(name, 'redrive', options);
  if (messageIds.length > 0) bus.emit({ type: 'redrive', subscription: name, messageIds });
  return messageIds;
}

/**
 * Drops dead letters for good; their messages stay in the log until retention takes them. `ids` must be named, so that
 * nobody discards what he has not seen. Resolves to the ids of those that were dead and are gone now.
 *
 * ```ts
 * await discard(bus, 'coder', { ids: ['0190b2f4-7c1e-7000-8000-5f2d1c3b4a59'] });
 * ```
 *
 * @throws BusError `unknown_subscription`, `invalid_option`
 */
export async function discard(
  bus: Bus,
  name: string,
  { ids }: { readonly ids: readonly string[] },
): Promise<readonly string[]> {
  // Without ids the store would take them all.
  if (!Array.isArray(ids)) throw invalid('ids', ids, 'a list of message ids');
  const messageIds = await bus.store.resolveDead(name, 'discard', { ids });
  if (messageIds.length > 0) bus.emit({ type: 'discard', subscription: name, messageIds });
  return messageIds;
}
