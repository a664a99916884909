import type { Message, SettleResult } from '@agentbus/core';
import type { AckOptions, NackOptions, Settlement } from './settlement.ts';

/**
 * One message owed to the subscription, in the hands of a handler.
 *
 * It is settled once. The first settlement wins, be it a call of one of these methods, the handler's return value, its
 * error or its timeout; a later one is `stale`. So after a call the handler's return value means nothing, and an error
 * that it throws is still reported on `system.error` but changes nothing about the settlement.
 *
 * Each method resolves once the settlement is committed: to `ok`, or to `stale` if something else came first or the
 * lease was lost. Need not be awaited.
 *
 * ```ts
 * await consume(bus, { name: 'ledger', pattern: 'payments.>' }, async (delivery) => {
 *   await book(delivery.message.payload);
 *   if ((await delivery.ack()) === 'ok') await sendReceipt(delivery.message.id);
 * });
 * ```
 */
export interface Delivery<Payload = unknown> {
  /** The message. Parsed when first looked at. Where its topic has a schema, the payload is what the schema made of it. */
  readonly message: Message<Payload>;
  /** How often this message was started, this time included; counts from 1, and from 1 again after a redrive. */
  readonly attempt: number;
  /** As returning `ack()`. */
  ack(options?: AckOptions): Promise<SettleResult>;
  /** As returning `nack()`. */
  nack(options?: NackOptions): Promise<SettleResult>;
  /** As returning `release()`. */
  release(): Promise<SettleResult>;
  /** As returning `deadLetter(reason)`. */
  deadLetter(reason: string): Promise<SettleResult>;
}

/** What a handler gets beside the delivery. */
export interface HandlerContext {
  /**
   * Aborts when going on is pointless: the handler ran longer than `timeoutMs` (reason: a `TimeoutError`), its lease was
   * lost, or the consumer stops and waited long enough (reason: an `AbortError`). Hand it to whatever takes long.
   */
  readonly signal: AbortSignal;
}

/**
 * Works on one delivery. Returns nothing to ack it, or a {@link Settlement}; throws to let policy decide between another
 * attempt and the dead letters. Anything else that it returns counts as nothing, and is warned about once.
 *
 * ```ts
 * const greet: Handler<{ name: string }> = async ({ message, attempt }, { signal }) => {
 *   const response = await fetch(`http://localhost/hello/${message.payload.name}`, { signal });
 *   if (response.status === 404 && attempt > 2) return deadLetter('nobody is at home');
 *   return response.ok ? ack() : nack({ reason: `status ${response.status}` });
 * };
 * ```
 */
export type Handler<Payload = unknown> = (
  delivery: Delivery<Payload>,
  context: HandlerContext,
) => HandlerResult | Promise<HandlerResult>;

// Here void is what handlers return that return nothing, in some branch or in all; undefined would refuse some of them.
// biome-ignore lint/suspicious/noConfusingVoidType: see above
type HandlerResult = Settlement | void;
