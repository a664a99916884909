import type { MetricsSnapshot } from '@agentbus/metrics';

/** What an agent process is told when it starts. */
export interface AgentOrders {
  readonly store: string;
  readonly agent: string;
  /** What it consumes: its inbox, and what is sent to all. */
  readonly subscriptions: readonly Standing[];
  /** Which letter of its inbox, counted from 1, it will fail on twice; 0 for none. */
  readonly stumblesOn: number;
  /** Which letter of its inbox it will fail on every time; 0 for none. */
  readonly givesUpOn: number;
  /** How many uneventful letters it tells of one by one. What fails is always told. */
  readonly tells: number;
}

/** A subscription as the import left it. */
export interface Standing {
  readonly name: string;
  readonly pattern: string;
  /** How many letters wait in it. */
  readonly owed: number;
}

/** What an agent process says. `at` is wall-clock time, `startedAt` monotonic time, which all processes share. */
export type AgentReport =
  | { readonly kind: 'settled'; readonly step: TimelineStep }
  | { readonly kind: 'progress'; readonly settled: number }
  | { readonly kind: 'drained' }
  | { readonly kind: 'woken'; readonly messageId: string; readonly startedAt: number }
  | { readonly kind: 'done'; readonly metrics: MetricsSnapshot };

/** One thing that became of one letter. */
export interface TimelineStep {
  readonly at: number;
  readonly agent: string;
  readonly outcome: 'acked' | 'retry' | 'dead';
  readonly attempt: number;
  readonly delayMs: number;
  readonly reason: string;
  /** What the letter is called, and who sent it. */
  readonly letter: string;
  readonly sender: string;
}

/** How often an agent may start a letter before it is given up. */
export const maxAttempts = 3;
/** Marks the messages that measure how fast a sleeping agent wakes up. */
export const wakeUpHeader = 'demo-wake-up';

/** Whether something that came over the process channel is a report. */
export function isAgentReport(value: unknown): value is AgentReport {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
