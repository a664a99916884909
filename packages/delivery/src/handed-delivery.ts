import type { Message, SettleResult } from '@agentbus/core';
import type { Attempt } from './attempt.ts';
import type { Delivery, HandlerContext } from './delivery.ts';
import { type AckOptions, ack, deadLetter, type NackOptions, nack, release, type Settlement } from './settlement.ts';

/** Settles an attempt by hand. */
export type SettleByHand<Payload> = (attempt: Attempt<Payload>, settlement: Settlement) => Promise<SettleResult>;

/** What a handler sees of an {@link Attempt}. */
export class HandedDelivery<Payload> implements Delivery<Payload>, HandlerContext {
  readonly #attempt: Attempt<Payload>;
  readonly #settle: SettleByHand<Payload>;

  constructor(attempt: Attempt<Payload>, settle: SettleByHand<Payload>) {
    this.#attempt = attempt;
    this.#settle = settle;
  }

  get message(): Message<Payload> {
    return this.#attempt.message;
  }

  get attempt(): number {
    return this.#attempt.number;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  ack(options?: AckOptions): Promise<SettleResult> {
    return this.#settle(this.#attempt, ack(options));
  }

  nack(options?: NackOptions): Promise<SettleResult> {
    return this.#settle(this.#attempt, nack(options));
  }

  release(): Promise<SettleResult> {
    return this.#settle(this.#attempt, release());
  }

  deadLetter(reason: string): Promise<SettleResult> {
    return this.#settle(this.#attempt, deadLetter(reason));
  }
}
