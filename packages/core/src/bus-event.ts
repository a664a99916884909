/** What an event says about the message it concerns. */
export interface EventSubject {
  readonly messageId: string;
  readonly topic: string;
  readonly correlationId: string;
}

/** What an event says about the delivery it concerns. */
export interface DeliverySubject extends EventSubject {
  readonly subscription: string;
  readonly consumer: string;
  readonly attempt: number;
}

/**
 * What happens on a bus, told to whoever observes it. Metrics, logs and traces are made from these and from nothing
 * else. `at` is wall-clock time; every `...Ms` is a duration measured on the monotonic clock.
 */
export type BusEvent = { readonly at: number } & (
  | ({
      readonly type: 'publish';
      readonly durable: boolean;
      readonly duplicate: boolean;
      readonly tookMs: number;
    } & EventSubject)
  | { readonly type: 'subscribe'; readonly pattern: string; readonly subscription?: string; readonly consumer?: string }
  | {
      readonly type: 'unsubscribe';
      readonly pattern: string;
      readonly subscription?: string;
      readonly consumer?: string;
    }
  /** A handler is about to run. `waitedMs`: since the message was published, by wall clock. */
  | ({ readonly type: 'dispatch'; readonly waitedMs: number } & DeliverySubject)
  /** `processingMs`: how long the handler ran. `settlingMs`: from its end until the settlement was committed. */
  | ({ readonly type: 'ack'; readonly processingMs: number; readonly settlingMs: number } & DeliverySubject)
  | ({
      readonly type: 'nack';
      readonly processingMs: number;
      readonly delayMs: number;
      readonly reason: string;
    } & DeliverySubject)
  | ({ readonly type: 'release' } & DeliverySubject)
  | ({ readonly type: 'dead-letter'; readonly reason: string } & DeliverySubject)
  | ({ readonly type: 'lease-lost' } & DeliverySubject)
  | { readonly type: 'redrive'; readonly subscription: string; readonly messageIds: readonly string[] }
  | { readonly type: 'discard'; readonly subscription: string; readonly messageIds: readonly string[] }
  | ({ readonly type: 'expire'; readonly subscription: string } & EventSubject)
  /** A live subscriber fell so far behind that transient messages were dropped for it. */
  | { readonly type: 'overflow'; readonly pattern: string; readonly dropped: number }
  /** A handler of a live subscription threw. */
  | { readonly type: 'handler-error'; readonly error: unknown; readonly messageId?: string }
  | { readonly type: 'store-error'; readonly error: unknown; readonly doing: string }
);

/** The event without its time, which the bus adds. */
export type BusEventInput = BusEvent extends infer Event ? (Event extends BusEvent ? Omit<Event, 'at'> : never) : never;

/** Told of every event, synchronously: keep it quick. One that throws is warned about once and told of no more events. */
export type Observer = (event: BusEvent) => void;
