import type { Bus } from '@agentbus/core';
import type { AgentOrders, TimelineStep } from './agent-orders.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import type { Played } from './ledger.ts';
import { countOf, figure } from './screen.ts';
import type { Timeline } from './show-timeline.ts';
import { measureWakeUps, type WakeUp } from './wake-ups.ts';

/** What the agents did. */
export interface Performance {
  readonly played: readonly Played[];
  readonly wakeUps: readonly WakeUp[];
}

/**
 * Starts the agents, tells what they do as they do it, wakes them up a few times once they have nothing left to do, and
 * stops them. However it ends, no process is left.
 */
export async function runCrew(
  bus: Bus,
  cast: readonly AgentOrders[],
  timeline: Timeline,
  signal: AbortSignal,
): Promise<Performance> {
  const agents: AgentProcess[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const play = async (): Promise<Performance> => {
    await Promise.all(cast.map((orders) => workThrough(orders, agents, timeline)));
    const wakeUps = await measureWakeUps(bus, agents, signal);
    timeline.note('demo', `sent ${countOf(wakeUps.length, 'live message')} to the idle agents, one at a time`);
    const played = agents.map(async (agent) => ({ orders: agent.orders, metrics: await agent.finish() }));
    return { played: await Promise.all(played), wakeUps };
  };
  try {
    signal.throwIfAborted();
    return await Promise.race([play(), interrupted]);
  } finally {
    await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
  }
}

async function workThrough(orders: AgentOrders, agents: AgentProcess[], timeline: Timeline): Promise<void> {
  const owed = orders.subscriptions.reduce((sum, standing) => sum + standing.owed, 0);
  let told = 0;
  const agent = startAgent(orders, {
    onStep(step: TimelineStep) {
      if (step.outcome !== 'retry') told += 1;
      timeline.step(step);
    },
    onProgress: (settled) => timeline.note(orders.agent, `${countOf(settled, 'letter')} worked so far`),
  });
  agents.push(agent);
  timeline.note(orders.agent, `starts as process ${agent.pid}, ${countOf(owed, 'letter')} waiting`);
  await agent.drained();
  if (owed > told) timeline.note(orders.agent, `… and ${figure(owed - told)} more, each acked at the first attempt`);
}
