import type { BusEventInput, Observer } from './bus-event.ts';
import type { Clock } from './clock.ts';
import type { Message } from './message.ts';
import type { PublishInput, PublishOptions } from './publish-options.ts';
import type { Store } from './store.ts';
import type { LiveHandler, Subscription } from './subscription.ts';
import type { TopicPolicy } from './topic-policy.ts';

/** A durable bus. Open one per process and share it; dispose of it at the end. */
export interface Bus extends AsyncDisposable {
  /** Publishes a message. Resolves once it is durable, or for a transient topic once it is handed to live subscribers. */
  publish(topic: string, payload: unknown, options?: PublishOptions): Promise<Message>;
  /** Publishes several messages, all or none, in this order. Transient and durable topics cannot be mixed. */
  publishAll(inputs: readonly PublishInput[]): Promise<readonly Message[]>;
  /** Hears messages from now on, without acknowledging them. For work that must be done, use `consume` of `@agentbus/delivery`. */
  subscribe(pattern: string, handler?: LiveHandler, options?: { readonly signal?: AbortSignal }): Subscription;
  /** Adds an observer and returns the undo. */
  observe(observer: Observer): () => void;
  /** Ends consumers and live subscriptions, then closes the store. Calling it again does nothing. */
  close(): Promise<void>;

  // Below: for authors of libraries on top of the bus.

  readonly source: string;
  readonly store: Store;
  readonly clock: Clock;
  policyFor(topic: string): TopicPolicy;
  /** Whether anybody observes: where events are many, look before making one. */
  readonly observed: boolean;
  /** Tells observers of an event. */
  emit(event: BusEventInput): void;
  /** Runs `hook` when the bus closes, before the store does. Returns the undo. */
  beforeClose(hook: () => Promise<void>): () => void;
}
