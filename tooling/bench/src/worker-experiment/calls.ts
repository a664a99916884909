import type { Store } from '@agentbus/core';

/** The verbs that cross to the worker: all that return a promise. */
export type Verb = {
  readonly [Name in keyof Store]: Store[Name] extends (...args: never) => Promise<unknown> ? Name : never;
}[keyof Store];

/** One call as it is posted. */
export type Call = readonly [id: number, verb: Verb, args: readonly unknown[]];

/** One answer as it is posted back. */
export type Answer = readonly [id: number, result: unknown, error: string | null];

/** How a group of calls or answers crosses: cloned by the platform, or as one JSON text. */
export type Encoding = 'clone' | 'json';

/** What a worker is started with. */
export interface WorkerPlan {
  readonly path: string;
  readonly durability: 'full' | 'relaxed';
  readonly encoding: Encoding;
}

/** A group as it is posted. */
export function encode(group: readonly Call[] | readonly Answer[], encoding: Encoding): unknown {
  return encoding === 'json' ? JSON.stringify(group) : group;
}

/** A group as it was before it was posted. */
export function decode<Item extends Call | Answer>(posted: readonly Item[] | string): readonly Item[] {
  return typeof posted === 'string' ? JSON.parse(posted) : posted;
}
