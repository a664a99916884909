import { setTimeout as pause } from 'node:timers/promises';
import { type Bus, createUuidV7 } from '@agentbus/core';
import { wakeUpHeader } from './agent-orders.ts';
import type { AgentProcess } from './agent-process.ts';

/** How long one message took on its way into another process, in milliseconds. */
export interface WakeUp {
  /** From the call of `publish` until it said that the message is on the disk. */
  readonly durableMs: number;
  /** From the call of `publish` until the handler of a process that had been asleep ran. */
  readonly dispatchMs: number;
}

/** Messages sent to each agent. */
export const wakeUpsEach = 25;
/** Long enough for the agent that was woken last to be asleep again. */
const restMs = 15;

/** Sends one message at a time to agents that have nothing to do, in turn, and measures how soon their handler runs. */
export async function measureWakeUps(
  bus: Bus,
  agents: readonly AgentProcess[],
  signal: AbortSignal,
): Promise<WakeUp[]> {
  const createId = createUuidV7(() => bus.clock.now());
  const wakeUps: WakeUp[] = [];
  for (let round = 0; round < wakeUpsEach; round += 1) {
    for (const agent of agents) {
      const [inbox] = agent.orders.subscriptions;
      if (inbox === undefined) continue;
      await pause(restMs, undefined, { signal });
      const id = createId();
      const calledAt = bus.clock.monotonic();
      await bus.publish(inbox.pattern, { subject: 'wake up' }, { id, headers: { [wakeUpHeader]: String(round) } });
      const durableMs = bus.clock.monotonic() - calledAt;
      wakeUps.push({ durableMs, dispatchMs: (await agent.woken(id)) - calledAt });
    }
  }
  return wakeUps;
}
