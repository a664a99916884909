import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Partner, startPartner } from './partner.ts';
import { figure, type Result, target } from './result.ts';
import type { Scratch } from './scratch.ts';
import { median, quantile } from './statistics.ts';

/** How long to measure. */
export interface WakeUpPlan {
  readonly messages: number;
  readonly warmUps: number;
  /** How long the waiting consumer is watched at a time. */
  readonly idleMs: number;
}

interface WakeUp {
  /** From the call of `publish` to the start of the handler. */
  readonly wholeMs: number;
  /** From the moment at which `publish` had resolved. */
  readonly afterMs: number;
}

/** How soon a consumer that waits in another process starts to work, and what waiting costs. */
export async function benchWakeUp(scratch: Scratch, { messages, warmUps, idleMs }: WakeUpPlan): Promise<Result> {
  const path = join(scratch.directory('wake-up'), 'bus.db');
  const consumer = await startPartner(new URL('./wake-up-consumer.ts', import.meta.url), path);
  const publisher = await startPartner(new URL('./wake-up-publisher.ts', import.meta.url), path);
  for (let round = 0; round < warmUps; round += 1) await wakeUp(publisher, consumer);
  const wakeUps: WakeUp[] = [];
  for (let round = 0; round < messages; round += 1) wakeUps.push(await wakeUp(publisher, consumer));
  const idle: number[] = [];
  for (let round = 0; round < 3; round += 1) idle.push((await ask(consumer, String(idleMs)))[0] ?? Number.NaN);
  await publisher.stop();
  await consumer.stop();
  scratch.clear('wake-up');

  const after = wakeUps.map(({ afterMs }) => afterMs);
  const idlePercent = idle.map((share) => share * 100);
  return {
    name: 'wake-up',
    title: 'Waking an idle consumer in another process',
    method: `One process publishes ${messages.toLocaleString('en')} messages, 10 to 30 ms apart, so that the consumer in another process is asleep each time. Both read the machine's monotonic clock, which processes share. Then the waiting consumer's CPU time is taken over three times ${idleMs / 1000} s. A publish resolves after it has rung the bell, so a consumer on another core may have begun by then: that counts as negative.`,
    figures: [
      figure('publish resolved → handler starts', 'ms', after),
      figure(
        'publish called → handler starts',
        'ms',
        wakeUps.map(({ wholeMs }) => wholeMs),
      ),
      figure('99th percentile of the first', 'ms', [quantile(after, 0.99)]),
      figure('CPU of a waiting consumer', '% of a core', idlePercent),
    ],
    targets: [
      target('wake-up, median', median(after), 'below', 1, 'ms'),
      target('CPU while waiting', median(idlePercent), 'below', 1, '% of a core'),
    ],
  };
}

async function wakeUp(publisher: Partner, consumer: Partner): Promise<WakeUp> {
  const [[calledAt = Number.NaN, resolvedAt = Number.NaN], [startedAt = Number.NaN]] = await Promise.all([
    ask(publisher, 'publish'),
    consumer.heard(),
  ]);
  await delay(10 + Math.random() * 20);
  return { wholeMs: startedAt - calledAt, afterMs: startedAt - resolvedAt };
}

function ask(partner: Partner, request: string): Promise<readonly number[]> {
  partner.send(request);
  return partner.heard();
}
