import { join } from 'node:path';
import { type Bus, openBus } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { payload, topic } from './payload.ts';
import { makeRawRows, openRawLog } from './raw-log.ts';
import { figure, type Result, target } from './result.ts';
import { measureRate, playRounds, type Rounds, ratesOf, ratiosOf } from './rounds.ts';
import type { Scratch } from './scratch.ts';

/** How much to publish. */
export interface PublishPlan extends Rounds {
  /** Groups of 100 messages in each round. */
  readonly groups: number;
}

const groupSize = 100;

/** Durable publishing in groups of 100, against inserting 100 ready rows per transaction. */
export async function benchPublish(scratch: Scratch, { groups, ...rounds }: PublishPlan): Promise<Result> {
  const directory = scratch.directory('publish');
  const raw = openRawLog(directory, 'FULL');
  const bus = await openBus({ store: await openSqliteStore(join(directory, 'bus.db')) });
  const count = groups * groupSize;
  const rates = await playRounds(
    [
      {
        name: 'raw',
        play() {
          const batches = Array.from({ length: groups }, () => makeRawRows(groupSize));
          return measureRate(count, () => {
            for (const rows of batches) raw.insert(rows);
          });
        },
      },
      { name: 'publish', play: () => measureRate(count, () => repeat(groups, () => publishTogether(bus))) },
      { name: 'publishAll', play: () => measureRate(count, () => repeat(groups, () => publishBatch(bus))) },
    ],
    rounds,
  );
  raw.database.close();
  await bus.close();
  scratch.clear('publish');

  const together = figure('publish ÷ raw', 'ratio', ratiosOf(rates, 'publish', 'raw'));
  const batched = figure('publishAll ÷ raw', 'ratio', ratiosOf(rates, 'publishAll', 'raw'));
  return {
    name: 'publish',
    title: 'Durable publish in groups of 100',
    method: `Each round publishes ${count.toLocaleString('en')} messages three times, a commit with fsync for every 100: by inserting ready-made rows into a bare table (\`synchronous = FULL\`), by 100 concurrent calls of \`bus.publish\`, and by \`bus.publishAll\` of 100. The bare table is spared making ids and encoding payloads; the bus does both.`,
    figures: [
      figure('raw better-sqlite3', 'messages/s', ratesOf(rates, 'raw')),
      figure('bus.publish, 100 concurrent', 'messages/s', ratesOf(rates, 'publish')),
      figure('bus.publishAll of 100', 'messages/s', ratesOf(rates, 'publishAll')),
      together,
      batched,
    ],
    targets: [
      target('100 concurrent publishes ÷ raw', together.median, 'at least', 0.6),
      target('publishAll of 100 ÷ raw', batched.median, 'at least', 0.6),
    ],
  };
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < times; time += 1) await work();
}

function publishTogether(bus: Bus): Promise<unknown> {
  return Promise.all(Array.from({ length: groupSize }, () => bus.publish(topic, payload)));
}

function publishBatch(bus: Bus): Promise<unknown> {
  return bus.publishAll(Array.from({ length: groupSize }, () => ({ topic, payload })));
}
