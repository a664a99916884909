import { type MessageRecord, priorities } from '@agentbus/core';

/** The columns of a message, in the order in which statements name them. */
export const messageColumns =
  'id, topic, lane, published_at, deliver_at, expires_at, key, source, correlation_id, causation_id, headers, body';

/** The values of {@link messageColumns} as they are bound. */
export type MessageValues = [
  id: string,
  topic: number,
  lane: number,
  publishedAt: number,
  deliverAt: number | null,
  expiresAt: number | null,
  key: string | null,
  source: string,
  correlationId: string | null,
  causationId: string | null,
  headers: string | null,
  body: string,
];

/**
 * The columns that every message fills. Most messages fill no others, and not binding their nulls makes an insert a
 * fifth faster.
 */
export const plainColumns = 'id, topic, lane, published_at, source, body';

/** The values of {@link plainColumns} as they are bound. */
export type PlainValues = [id: string, topic: number, lane: number, publishedAt: number, source: string, body: string];

/** Columns to select for a message of the table aliased `alias`, with the topics joined in as `t`. */
export function selectedColumns(alias: 'm' | 'd'): string {
  return messageColumns
    .split(', ')
    .map((column) => (column === 'topic' ? 't.name AS topic' : `${alias}.${column}`))
    .join(', ');
}

/** A row of {@link selectedColumns} with its place in the log. */
export interface StoredRow {
  readonly seq: number;
  readonly id: string;
  readonly topic: string;
  readonly lane: number;
  readonly published_at: number;
  readonly deliver_at: number | null;
  readonly expires_at: number | null;
  readonly key: string | null;
  readonly source: string;
  readonly correlation_id: string | null;
  readonly causation_id: string | null;
  readonly headers: string | null;
  readonly body: string;
}

/** The lane of a record: the index of its priority. */
export function laneOf(record: MessageRecord): number {
  return priorities.indexOf(record.priority);
}

/** A record as it is bound to {@link messageColumns}. */
export function toValues(record: MessageRecord, topic: number): MessageValues {
  const headers = Object.keys(record.headers).length === 0 ? null : JSON.stringify(record.headers);
  return [
    record.id,
    topic,
    laneOf(record),
    record.publishedAt,
    record.deliverAt ?? null,
    record.expiresAt ?? null,
    record.key ?? null,
    record.source,
    record.correlationId === record.id ? null : record.correlationId,
    record.causationId ?? null,
    headers,
    record.body,
  ];
}

/** A record as it is bound to {@link plainColumns}, undefined if it has more to it. */
export function toPlainValues(record: MessageRecord, topic: number): PlainValues | undefined {
  const { id, key, causationId, deliverAt, expiresAt } = record;
  const isPlain =
    record.correlationId === id &&
    key === undefined &&
    causationId === undefined &&
    deliverAt === undefined &&
    expiresAt === undefined &&
    Object.keys(record.headers).length === 0;
  return isPlain ? [id, topic, laneOf(record), record.publishedAt, record.source, record.body] : undefined;
}

/** A record out of a row of {@link selectedColumns}. */
export function toRecord(row: Omit<StoredRow, 'seq'>): MessageRecord {
  const headers: Record<string, string> = row.headers === null ? {} : JSON.parse(row.headers);
  // Assigned one by one: an object spread for each column that may be null takes four times as long.
  const record: { -readonly [Name in keyof MessageRecord]: MessageRecord[Name] } = {
    id: row.id,
    topic: row.topic,
    body: row.body,
    headers,
    source: row.source,
    priority: priorities[row.lane] ?? 'normal',
    correlationId: row.correlation_id ?? row.id,
    publishedAt: row.published_at,
  };
  if (row.key !== null) record.key = row.key;
  if (row.causation_id !== null) record.causationId = row.causation_id;
  if (row.deliver_at !== null) record.deliverAt = row.deliver_at;
  if (row.expires_at !== null) record.expiresAt = row.expires_at;
  return record;
}
