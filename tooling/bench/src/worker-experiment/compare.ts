import { join } from 'node:path';
import { type Bus, openBus, type Store } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { describeMachine, type Machine } from '../machine.ts';
import { payload, topic } from '../payload.ts';
import type { Scratch } from '../scratch.ts';
import { median } from '../statistics.ts';
import { describe, toTable, toText } from '../write-report.ts';
import { consumeWaiting, publishFor, type Strain } from './load.ts';
import { openPoolSyncStore } from './pool-sync-store.ts';
import { openWorkerStore } from './worker-store.ts';

/** Where transactions run and the disk is waited for. */
interface Place {
  readonly name: string;
  /** Undefined where the place makes no sense of this durability. */
  readonly open: (path: string, durability: 'full' | 'relaxed') => Promise<Store> | undefined;
}

const places: readonly Place[] = [
  { name: 'caller’s thread', open: (path, durability) => openSqliteStore(path, { durability }) },
  { name: 'worker, cloned', open: (path, durability) => openWorkerStore({ path, durability, encoding: 'clone' }) },
  { name: 'worker, JSON', open: (path, durability) => openWorkerStore({ path, durability, encoding: 'json' }) },
  {
    name: 'caller’s thread, fsync in the pool',
    open: (path, durability) => (durability === 'full' ? openPoolSyncStore(path) : undefined),
  },
];

/** Medians of one place under one load. */
interface Finding {
  readonly load: string;
  readonly place: string;
  readonly strain: Strain;
}

/** The experiment's outcome. */
export interface Comparison {
  readonly markdown: string;
  readonly figures: { readonly measuredOn: string; readonly machine: Machine; readonly findings: readonly Finding[] };
}

interface Load {
  readonly name: string;
  readonly durability: 'full' | 'relaxed';
  readonly bear: (bus: Bus) => Promise<Strain>;
}

/** Bears every load at every place, in turn and several times. */
export async function compareWritingPlaces(scratch: Scratch, quick: boolean): Promise<Comparison> {
  const { rounds, durationMs, messages } = quick
    ? { rounds: 2, durationMs: 200, messages: 2_000 }
    : { rounds: 7, durationMs: 1_000, messages: 20_000 };
  const publishing = (['full', 'relaxed'] as const).flatMap((durability) =>
    [1, 10, 100, 1_000].map((publishers) => ({
      name: `${publishers.toLocaleString('en')} publisher${publishers === 1 ? '' : 's'}, ${durability === 'full' ? 'FULL' : 'relaxed'}`,
      durability,
      bear: (bus: Bus) => publishFor(bus, publishers, durationMs),
    })),
  );
  const consuming: Load = {
    name: 'consume and ack at concurrency 100',
    durability: 'full',
    async bear(bus) {
      for (let done = 0; done < messages; done += 500) {
        await bus.publishAll(Array.from({ length: 500 }, () => ({ topic, payload })));
      }
      return await consumeWaiting(bus, messages);
    },
  };
  const findings: Finding[] = [];
  for (const load of [...publishing, consuming]) {
    console.error(`Measuring ${load.name} …`);
    findings.push(...(await bearEverywhere(scratch, load, rounds)));
  }
  const machine = await describeMachine(scratch.path);
  const measuredOn = new Date().toISOString().slice(0, 10);
  return { markdown: toMarkdown(machine, measuredOn, rounds, findings), figures: { measuredOn, machine, findings } };
}

async function bearEverywhere(scratch: Scratch, load: Load, rounds: number): Promise<Finding[]> {
  const directory = scratch.directory('places');
  const opened: { name: string; bus: Bus; strains: Strain[] }[] = [];
  for (const [index, { name, open }] of places.entries()) {
    const store = await open(join(directory, `bus-${index}.db`), load.durability);
    if (store !== undefined) opened.push({ name, bus: await openBus({ store }), strains: [] });
  }
  for (const { bus } of opened) await load.bear(bus);
  for (let round = 0; round < rounds; round += 1) {
    for (const { bus, strains } of opened) strains.push(await load.bear(bus));
  }
  for (const { bus } of opened) await bus.close();
  scratch.clear('places');
  return opened.map(({ name, strains }) => ({ load: load.name, place: name, strain: medianStrain(strains) }));
}

function medianStrain(strains: readonly Strain[]): Strain {
  const middle = (pick: (strain: Strain) => number): number => median(strains.map(pick));
  return {
    messagesPerSecond: middle((strain) => strain.messagesPerSecond),
    publishMs: strains.some(({ publishMs }) => publishMs === undefined)
      ? undefined
      : {
          p50: middle(({ publishMs }) => publishMs?.p50 ?? Number.NaN),
          p99: middle(({ publishMs }) => publishMs?.p99 ?? Number.NaN),
        },
    loopDelayMs: {
      p50: middle(({ loopDelayMs }) => loopDelayMs.p50),
      p99: middle(({ loopDelayMs }) => loopDelayMs.p99),
      max: middle(({ loopDelayMs }) => loopDelayMs.max),
    },
    cpuMicroseconds: middle((strain) => strain.cpuMicroseconds),
  };
}

function toMarkdown(machine: Machine, measuredOn: string, rounds: number, findings: readonly Finding[]): string {
  const loads = [...new Set(findings.map(({ load }) => load))];
  return [
    '# Where writes run',
    '',
    'Written by `npm run bench -- where-writes-run --write`; the evidence for [decision 3](../decisions/0003-where-writes-run.md).',
    `All places bear a load in turn, ${rounds} times after one warm-up; medians. Payloads are 256 bytes. Loop delay is that of the caller’s thread; an idle loop shows 1.1 ms. CPU is that of all threads together.`,
    '',
    `Measured on ${measuredOn}: ${describe(machine)}.`,
    ...loads.flatMap((load) => [
      '',
      `## ${load}`,
      '',
      ...toTable(
        ['', 'messages/s', 'publish p50 ms', 'p99', 'loop delay p50 ms', 'p99', 'max', 'CPU µs a message'],
        findings.filter((finding) => finding.load === load).map(toRow),
      ),
    ]),
    '',
  ].join('\n');
}

function toRow({ place, strain: { messagesPerSecond, publishMs, loopDelayMs, cpuMicroseconds } }: Finding): string[] {
  const { p50, p99, max } = loopDelayMs;
  const latencies = publishMs === undefined ? ['', ''] : [toText(publishMs.p50), toText(publishMs.p99)];
  return [place, toText(messagesPerSecond), ...latencies, ...[p50, p99, max, cpuMicroseconds].map(toText)];
}
