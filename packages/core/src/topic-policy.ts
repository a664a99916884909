import { BusError } from './bus-error.ts';
import type { StandardSchema } from './standard-schema.ts';
import { systemTopics } from './system-topics.ts';
import { assertPattern, matches } from './topic.ts';

/** How messages on certain topics are treated. Made by {@link defineTopic}. */
export interface TopicPolicy {
  /** The topics it is about. */
  readonly pattern: string;
  /** What a payload must look like. Undefined: any JSON. */
  readonly schema: StandardSchema | undefined;
  /** Whether messages are stored. Transient ones reach the live subscribers of this moment and nobody else. */
  readonly durable: boolean;
  /** The most bytes a payload may have as UTF-8 JSON. */
  readonly maxPayloadBytes: number;
}

/** What {@link defineTopic} takes. */
export interface TopicOptions {
  /** Any Standard Schema: zod, valibot, arktype. Checked on publish and on delivery. Default: none. */
  readonly schema?: StandardSchema;
  /** Default: true. */
  readonly durable?: boolean;
  /**
   * Default: 1 MiB. Larger things belong in a file or blob store, with their address in the message: every subscriber
   * pays for every byte.
   */
  readonly maxPayloadBytes?: number;
}

/** One mebibyte, the payload limit where no policy says otherwise. */
export const defaultMaxPayloadBytes: number = 1024 * 1024;

/**
 * Says how messages on the topics that match `pattern` are treated. Handed to `openBus`; the first policy that matches
 * a topic holds.
 *
 * ```ts
 * const tasks = defineTopic('agents.*.inbox', { schema: z.object({ task: z.string() }), maxPayloadBytes: 64_000 });
 * const typing = defineTopic('ui.typing', { durable: false });
 * const bus = await openBus({ topics: [tasks, typing] });
 * ```
 *
 * @throws BusError `invalid_pattern`, or `invalid_option` for a payload limit that is not a positive whole number.
 */
export function defineTopic(pattern: string, options: TopicOptions = {}): TopicPolicy {
  const { schema, durable = true, maxPayloadBytes = defaultMaxPayloadBytes } = options;
  if (!Number.isSafeInteger(maxPayloadBytes) || maxPayloadBytes < 1) {
    throw new BusError(
      'invalid_option',
      `maxPayloadBytes of "${pattern}" is ${maxPayloadBytes}; it must be a positive whole number.`,
    );
  }
  return { pattern: assertPattern(pattern), schema, durable, maxPayloadBytes };
}

const defaultPolicy = defineTopic('>');
/** A bus's status is worthless once the next one is out. */
const statusPolicy = defineTopic(systemTopics.status, { durable: false });

/**
 * The first of `policies` that is about `topic`, else the default: durable, any JSON, at most 1 MiB; transient for
 * `system.bus.status`.
 */
export function findPolicy(policies: readonly TopicPolicy[], topic: string): TopicPolicy {
  const own = policies.find(({ pattern }) => matches(pattern, topic));
  return own ?? (topic === systemTopics.status ? statusPolicy : defaultPolicy);
}

/**
 * Validates a payload; resolves to the schema's output.
 *
 * @throws BusError `invalid_payload`, with place and text of the first three faults.
 */
export async function checkSchema(schema: StandardSchema, payload: unknown, topic: string): Promise<unknown> {
  const result = await schema['~standard'].validate(payload);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 3).map(({ path = [], message }) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw new BusError(
    'invalid_payload',
    `The payload does not fit the schema of topic "${topic}": ${issues.join('; ')}`,
  );
}
