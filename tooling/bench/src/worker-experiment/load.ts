import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Bus } from '@agentbus/core';
import { consume } from '@agentbus/delivery';
import { payload, topic } from '../payload.ts';
import { median, quantile } from '../statistics.ts';

/** What a load did to the process that bore it. */
export interface Strain {
  readonly messagesPerSecond: number;
  /** How long one publish took; undefined where nothing was published. */
  readonly publishMs: { readonly p50: number; readonly p99: number } | undefined;
  /** How late the main thread's event loop was. An idle one shows 1.1 ms, as it is asked every millisecond. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** CPU time of all threads for one message. */
  readonly cpuMicroseconds: number;
}

/** Lets a number of publishers publish one message after the other for a while, each as fast as it can. */
export async function publishFor(bus: Bus, publishers: number, durationMs: number): Promise<Strain> {
  const latencies: number[] = [];
  const until = performance.now() + durationMs;
  const publishAway = async (): Promise<void> => {
    for (let now = performance.now(); now < until; ) {
      await bus.publish(topic, payload);
      const then = performance.now();
      latencies.push(then - now);
      now = then;
    }
  };
  const strain = await watchStrain(async () => {
    await Promise.all(Array.from({ length: publishers }, publishAway));
    return latencies.length;
  });
  return { ...strain, publishMs: { p50: median(latencies), p99: quantile(latencies, 0.99) } };
}

/** Consumes what waits, at concurrency 100. */
export function consumeWaiting(bus: Bus, messages: number): Promise<Strain> {
  return watchStrain(async () => {
    let handled = 0;
    const consumer = await consume(bus, { name: 'worker', pattern: topic, concurrency: 100 }, ({ message }) => {
      if (message.payload !== undefined) handled += 1;
    });
    await consumer.idle();
    await consumer.stop();
    if (handled !== messages) throw new Error(`${handled} messages were consumed instead of ${messages}.`);
    return handled;
  });
}

async function watchStrain(work: () => Promise<number>): Promise<Strain> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const messages = await work();
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return {
    messagesPerSecond: (messages / elapsedMs) * 1000,
    publishMs: undefined,
    loopDelayMs: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
    cpuMicroseconds: (user + system) / messages,
  };
}
