import type { SubscriptionStats } from '@agentbus/core';
import type { DeadLetter } from '@agentbus/delivery';
import type { Account, Played } from './ledger.ts';
import { letterTitle } from './letter-title.ts';
import { countOf, figure, harmless, milliseconds, type Screen, timeOfDay } from './screen.ts';
import type { WakeUp } from './wake-ups.ts';

/** The third part: the books of each subscription that was worked, and what waits in the others. */
export function showBooks(accounts: readonly Account[], all: readonly SubscriptionStats[], screen: Screen): void {
  screen.table([
    ['subscription', 'letters', 'live', 'acked', 'retries', 'dead', 'ready'],
    ...accounts.map(({ subscription, owed, wakeUps, acked, retried, dead, open }) => [
      harmless(subscription, 40),
      ...[owed, wakeUps, acked, retried, dead, open].map(figure),
    ]),
  ]);
  const worked = new Set(accounts.map(({ subscription }) => subscription));
  const waiting = all.filter(({ name, ready }) => ready > 0 && !worked.has(name));
  if (waiting.length === 0) return;
  const owed = waiting.reduce((sum, { ready }) => sum + ready, 0);
  const where = countOf(waiting.length, 'other subscription');
  screen.line(
    screen.paint.quiet(
      `${countOf(owed, 'delivery', 'deliveries')} still owed to ${where}, for which no agent was started.`,
    ),
  );
}

/** How long things took: measured in this run, on this machine. */
export function showLatencies(wakeUps: readonly WakeUp[], played: readonly Played[], screen: Screen): void {
  const row = (name: string, { p50, p95, max }: Spread): string[] => [name, ...[p50, p95, max].map(milliseconds)];
  const { line, paint } = screen;
  screen.table([
    ['how long it took', 'p50', 'p95', 'max'],
    row('publish → on the disk (fsync)', spread(wakeUps.map(({ durableMs }) => durableMs))),
    row('publish → handler of a sleeping process', spread(wakeUps.map(({ dispatchMs }) => dispatchMs))),
    row('  of which waking it up, once on the disk', spread(wakeUps.map(wakingMs))),
    ...played.flatMap(({ orders, metrics: { latencies } }) => [
      row(`${harmless(orders.agent, 20)}: handler`, fromSummary(latencies.processing)),
      row(`${harmless(orders.agent, 20)}: handler done → ack committed`, fromSummary(latencies.settling)),
    ]),
  ]);
  line(
    paint.quiet(`The first three: ${wakeUps.length} live messages, one at a time, from this process to the agents'.`),
  );
  if (wakeUps.filter((wakeUp) => wakingMs(wakeUp) === 0).length * 2 > wakeUps.length) {
    line(paint.quiet('0.00: the handler ran over there before publish() had returned here.'));
  }
}

function wakingMs({ durableMs, dispatchMs }: WakeUp): number {
  return Math.max(0, dispatchMs - durableMs);
}

/** A dead letter with everything that is known about why. */
export function showDeadLetter(subscription: string, dead: DeadLetter, screen: Screen): void {
  const { message, reason, attempts, history, diedAt } = dead;
  screen.line(
    `${screen.paint.bad('✗')} Dead letter of ${screen.paint.strong(harmless(subscription, 40))}: ${letterTitle(message)} from ${harmless(message.source, 24)}`,
  );
  screen.line(`  reason   ${harmless(reason, 80)}`);
  screen.line(`  given up ${timeOfDay(diedAt)}, after ${countOf(attempts, 'attempt')}`);
  for (const failure of history) {
    screen.line(
      screen.paint.quiet(`  ${timeOfDay(failure.at)}  attempt ${failure.attempt}  ${harmless(failure.reason, 80)}`),
    );
  }
}

interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (fraction: number): number => sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? 0;
  return { p50: rank(0.5), p95: rank(0.95), max: rank(1) };
}

function fromSummary({ p50Ms, p95Ms, maxMs }: { p50Ms: number; p95Ms: number; maxMs: number }): Spread {
  return { p50: p50Ms, p95: p95Ms, max: maxMs };
}
