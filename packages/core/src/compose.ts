import { BusError } from './bus-error.ts';
import { type MessageRecord, priorities } from './message.ts';
import type { PublishInput } from './publish-options.ts';
import { assertTopic } from './topic.ts';
import { checkSchema, type TopicPolicy } from './topic-policy.ts';

/** What composing a message needs to know of the bus. */
export interface ComposeContext {
  readonly source: string;
  readonly now: () => number;
  readonly createId: () => string;
  readonly policyFor: (topic: string) => TopicPolicy;
}

/**
 * Turns what a publisher said into the record of a message, or refuses it. Nothing else in AgentBus makes messages out
 * of user input, so whatever holds for one message holds for all.
 */
export async function composeRecord(input: PublishInput, context: ComposeContext): Promise<MessageRecord> {
  const topic = assertTopic(input.topic);
  const policy = context.policyFor(topic);
  if (policy.schema !== undefined) await checkSchema(policy.schema, input.payload, topic);
  const body = encodePayload(input.payload, topic, policy.maxPayloadBytes);
  assertOptions(input);
  const id = input.id ?? context.createId();
  const publishedAt = context.now();
  const { key, priority = 'normal', headers = {}, cause, delayMs = 0, ttlMs } = input;
  return {
    id,
    topic,
    body,
    headers: { ...headers },
    source: context.source,
    priority,
    correlationId: input.correlationId ?? cause?.correlationId ?? id,
    publishedAt,
    ...(key === undefined ? {} : { key }),
    ...(cause === undefined ? {} : { causationId: cause.id }),
    ...(delayMs > 0 ? { deliverAt: publishedAt + delayMs } : {}),
    ...(ttlMs === undefined ? {} : { expiresAt: publishedAt + ttlMs }),
  };
}

function encodePayload(payload: unknown, topic: string, maxPayloadBytes: number): string {
  let body: string | undefined;
  try {
    body = JSON.stringify(payload);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BusError('invalid_payload', `The payload for topic "${topic}" cannot be written as JSON: ${why}`, {
      cause,
    });
  }
  if (body === undefined) {
    throw new BusError(
      'invalid_payload',
      `The payload for topic "${topic}" is ${typeof payload}, which JSON has no form for. Use null for "nothing".`,
    );
  }
  // UTF-8 takes at most three bytes per UTF-16 unit: most payloads need no counting.
  const bytes = body.length * 3 <= maxPayloadBytes ? 0 : Buffer.byteLength(body);
  if (bytes <= maxPayloadBytes) return body;
  throw new BusError(
    'payload_too_large',
    `The payload for topic "${topic}" is ${bytes} bytes, at most ${maxPayloadBytes} are allowed. ` +
      'Publish where the data can be found instead, or raise maxPayloadBytes with defineTopic().',
  );
}

function assertOptions({ id, key, priority, headers = {}, correlationId, delayMs = 0, ttlMs = 1 }: PublishInput): void {
  assertText('id', id, 256);
  assertText('key', key, 256);
  assertText('correlationId', correlationId, 256);
  if (priority !== undefined && !priorities.includes(priority)) {
    throw new BusError(
      'invalid_option',
      `priority is ${JSON.stringify(priority)}; it must be one of ${priorities.join(', ')}.`,
    );
  }
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') {
      throw new BusError(
        'invalid_option',
        `header "${name}" is ${typeof value}; headers are texts. Put structured data into the payload.`,
      );
    }
  }
  assertDuration('delayMs', delayMs, 0);
  assertDuration('ttlMs', ttlMs, 1);
}

/** Refuses a text that cannot serve as a name of something in every store. */
export function assertText(name: string, value: string | undefined, maxLength: number): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || value === '' || value.length > maxLength) {
    throw new BusError('invalid_option', `${name} must be a text of 1 to ${maxLength} characters.`);
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new BusError(
      'invalid_option',
      `${name} holds half of a surrogate pair, which UTF-8 has no form for; it may have been cut in two. Use toWellFormed(), or cut between characters.`,
    );
  }
}

function assertDuration(name: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return;
  throw new BusError('invalid_option', `${name} is ${value}; it must be a number of milliseconds, at least ${least}.`);
}
