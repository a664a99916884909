import type { Message } from './message.ts';

/**
 * A live subscription: it hears what is published from now on, and forgets with the process. Iterate over it, or give
 * `subscribe` a handler.
 */
export interface Subscription extends Disposable, AsyncIterable<Message> {
  readonly pattern: string;
  /** Resolves once every message published from then on, by anybody, will be heard. */
  readonly ready: Promise<void>;
  /** Ends it. A handler that runs finishes; no other message is handed out. */
  close(): void;
}

/** Called with one message at a time; the next one waits until it returns. */
export type LiveHandler = (message: Message) => void | Promise<void>;
