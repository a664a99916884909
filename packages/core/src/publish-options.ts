import type { Message, Priority } from './message.ts';

/** What a publisher may say about a message. */
export interface PublishOptions {
  /**
   * The message's id. Give one that follows from what the message is about to make publishing idempotent: a second try
   * with the same id and content adds nothing. Default: a fresh UUIDv7.
   */
  readonly id?: string;
  /** Groups messages that belong together. At most 256 characters. Default: none. */
  readonly key?: string;
  /** Default: `normal`. */
  readonly priority?: Priority;
  /** Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The message whose handling publishes this one. Correlation and causation follow from it. */
  readonly cause?: Pick<Message, 'id' | 'correlationId'>;
  /** For conversations that began elsewhere. Default: that of `cause`, else the message's own id. */
  readonly correlationId?: string;
  /** Not to be delivered for so long. Default: 0. */
  readonly delayMs?: number;
  /** Worthless after so long, counted from publishing. Default: never. */
  readonly ttlMs?: number;
}

/** One message of a batch. */
export interface PublishInput extends PublishOptions {
  readonly topic: string;
  readonly payload: unknown;
}
