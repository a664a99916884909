import { createHash } from 'node:crypto';
import type { Draft } from '@agentbus/core';

/** A draft on topic `jobs.a` whose body follows from its id. */
export function draft(id: string, fields: Partial<Draft> = {}): Draft {
  return {
    id,
    topic: 'jobs.a',
    body: bodyOf(id),
    headers: {},
    source: 'test',
    priority: 'normal',
    correlationId: id,
    publishedAt: Date.now(),
    ...fields,
  };
}

/** Drafts `prefix-1` to `prefix-count`. */
export function drafts(prefix: string, count: number, fields: Partial<Draft> = {}): Draft[] {
  return Array.from({ length: count }, (_, n) => draft(`${prefix}-${n + 1}`, fields));
}

/** What the message of this id says, if nobody has altered it. Some hundred bytes, of a length that varies. */
export function bodyOf(id: string): string {
  const proof = createHash('sha256').update(id).digest('hex');
  return JSON.stringify({ id, proof: proof.repeat(1 + (Number.parseInt(proof.slice(0, 2), 16) % 12)) });
}
