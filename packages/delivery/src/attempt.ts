import type { LeasedDelivery, Message } from '@agentbus/core';

/** A lease as its consumer sees it. */
export interface HeldLease<Payload> {
  readonly token: string;
  /** When it runs out unless it is renewed, on the monotonic clock. */
  until: number;
  /** How many of its deliveries are neither settled nor lost. While there are any, it has to be renewed. */
  open: number;
  readonly attempts: Attempt<Payload>[];
}

/**
 * One message in the hands of this consumer. Two things happen to it, each once and in either order: its fate is sealed
 * (a settlement is on its way to the store, or the lease was lost), and it is over (its place is free for another).
 *
 * A class, and its parts made only when looked at, because there is one for each message: an AbortController and a parsed
 * message each cost more than the rest of the loop.
 */
export class Attempt<Payload> {
  readonly leased: LeasedDelivery;
  readonly lease: HeldLease<Payload>;
  /** Counts from 1. */
  readonly number: number;
  /** Whether its handler was called, so that the store charges it. */
  started = false;
  startedAt = 0;
  fate: 'open' | 'settled' | 'lost' = 'open';
  /** When it was settled, if anybody was observing then. */
  settledAt: number | undefined = undefined;
  over = false;
  #message: Message<Payload> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #abortedBy: DOMException | undefined = undefined;

  constructor(leased: LeasedDelivery, lease: HeldLease<Payload>) {
    this.leased = leased;
    this.lease = lease;
    this.number = leased.starts + 1;
  }

  get message(): Message<Payload> {
    return this.#message ?? this.usePayload(JSON.parse(this.leased.record.body));
  }

  /** Gives the message this payload: what its body says, or what the topic's schema made of that. */
  usePayload(payload: Payload): Message<Payload> {
    const { body: _, ...rest } = this.leased.record;
    this.#message = { ...rest, payload };
    return this.#message;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy);
    return this.#controller.signal;
  }

  /** Tells the handler that going on is pointless. The first reason counts. */
  abort(reason: DOMException): void {
    this.#abortedBy ??= reason;
    this.#controller?.abort(this.#abortedBy);
  }
}
