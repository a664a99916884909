/** Anything that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * The four priorities, most pressing first. They order what is waiting; none can starve another for ever, see
 * {@link laneWheel}.
 */
export type Priority = 'urgent' | 'high' | 'normal' | 'low';

/** The priorities in order; the index of a priority is its lane in a store. */
export const priorities: readonly Priority[] = ['urgent', 'high', 'normal', 'low'];

/**
 * An immutable message. Its id is a UUIDv7 unless the publisher chose one, so that ids sort by time of publishing.
 * Times are milliseconds since the epoch, by the clock of the process that published.
 */
export interface Message<Payload = unknown> {
  readonly id: string;
  readonly topic: string;
  readonly payload: Payload;
  /** Small texts about the message, for machines on the way. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who published it: the `source` of the publishing bus. */
  readonly source: string;
  /** Messages with the same key belong together, for instance a task id. */
  readonly key?: string;
  readonly priority: Priority;
  /** The id of the first message of the conversation; its own id when it started one. */
  readonly correlationId: string;
  /** The id of the message whose handling published this one. */
  readonly causationId?: string;
  readonly publishedAt: number;
  /** Not to be delivered before. */
  readonly deliverAt?: number;
  /** Not to be delivered at or after. */
  readonly expiresAt?: number;
}

/**
 * A message as stores keep it: the payload is the JSON text that was published, byte for byte, so that no store can
 * alter it and none needs to parse it.
 */
export interface MessageRecord extends Omit<Message, 'payload'> {
  readonly body: string;
}

/** Parses a record's payload. The result is a fresh value that nobody else holds. */
export function toMessage(record: MessageRecord): Message {
  const { body, ...rest } = record;
  return { ...rest, payload: JSON.parse(body) };
}
