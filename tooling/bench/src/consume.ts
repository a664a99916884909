import { join } from 'node:path';
import { type Bus, openBus } from '@agentbus/core';
import { consume } from '@agentbus/delivery';
import { openSqliteStore } from '@agentbus/sqlite';
import { payload, topic } from './payload.ts';
import { openRawConsumer } from './raw-consume.ts';
import { makeRawRows, openRawLog } from './raw-log.ts';
import { figure, type Result, target } from './result.ts';
import { measureRate, playRounds, type Rounds, ratesOf, ratiosOf } from './rounds.ts';
import type { Scratch } from './scratch.ts';
import { openSpare } from './spare-connection.ts';

/** How much to consume. */
export interface ConsumePlan extends Rounds {
  /** Messages in each round. */
  readonly messages: number;
}

const concurrency = 100;

/** `consume` with quick handlers, against a bare loop that claims by cursor and keeps one lease row per batch. */
export async function benchConsume(scratch: Scratch, { messages, ...rounds }: ConsumePlan): Promise<Result> {
  const directory = scratch.directory('consume');
  const raw = openRawLog(directory, 'NORMAL');
  const rawConsumer = openRawConsumer(raw);
  const bus = await openBus({ store: await openSqliteStore(join(directory, 'bus.db'), { durability: 'relaxed' }) });
  const spares = { raw: openSpare(raw.database.name), bus: openSpare(join(directory, 'bus.db')) };
  const rates = await playRounds(
    [
      {
        name: 'raw',
        play() {
          for (let done = 0; done < messages; done += 1_000) raw.insert(makeRawRows(Math.min(1_000, messages - done)));
          spares.raw.checkpoint();
          return measureRate(messages, () => {
            const count = rawConsumer.drain(concurrency, (message) => readPayload(message.payload));
            spares.raw.checkpoint();
            assertCount(count, messages);
          });
        },
      },
      {
        name: 'consume',
        async play() {
          await publishMany(bus, messages);
          spares.bus.checkpoint();
          return measureRate(messages, async () => {
            await consumeMany(bus, messages);
            spares.bus.checkpoint();
          });
        },
      },
    ],
    rounds,
  );
  await assertAllAcked(bus);
  spares.raw.close();
  spares.bus.close();
  raw.database.close();
  await bus.close();
  scratch.clear('consume');

  const ratio = figure('consume ÷ raw', 'ratio', ratiosOf(rates, 'consume', 'raw'));
  return {
    name: 'consume',
    title: `Consume and ack ${messages.toLocaleString('en')} messages at concurrency ${concurrency}`,
    method: `Each round works off ${messages.toLocaleString('en')} waiting messages twice, reading every payload. The bare loop: a transaction that reads ${concurrency} rows after a cursor and inserts a lease row, a transaction that deletes it and moves the cursor (\`synchronous = NORMAL\`, as the store's claims and acks have it). The bus: \`consume\` with a synchronous handler, from the call until it has stopped with every ack committed. Both begin with an empty write-ahead log, and end when what they wrote is in the database file.`,
    figures: [
      figure('raw cursor and lease row', 'messages/s', ratesOf(rates, 'raw')),
      figure('consume, returns nothing = ack', 'messages/s', ratesOf(rates, 'consume')),
      ratio,
    ],
    targets: [target('consume and ack ÷ raw loop', ratio.median, 'at least', 0.35)],
  };
}

/** Keeps the engine from skipping the parsing whose result nobody uses. */
let lastPayload: unknown;

function readPayload(value: unknown): void {
  lastPayload = value;
}

async function publishMany(bus: Bus, count: number): Promise<void> {
  for (let done = 0; done < count; done += 500) {
    const size = Math.min(500, count - done);
    await bus.publishAll(Array.from({ length: size }, () => ({ topic, payload })));
  }
}

async function consumeMany(bus: Bus, count: number): Promise<void> {
  let handled = 0;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = await consume(bus, { name: 'worker', pattern: topic, concurrency }, ({ message }) => {
    readPayload(message.payload);
    handled += 1;
    if (handled === count) finish();
  });
  await finished;
  await consumer.stop();
  assertCount(handled, count);
}

async function assertAllAcked(bus: Bus): Promise<void> {
  const { topics, subscriptions } = await bus.store.stats();
  assertCount(subscriptions[0]?.acked ?? 0, topics[0]?.messages ?? -1);
}

/** A rate of work that was not done is no rate. */
function assertCount(done: number, wanted: number): void {
  if (done !== wanted) throw new Error(`${done} messages were worked instead of ${wanted}.`);
  if (lastPayload === undefined && wanted > 0) throw new Error('No payload was read.');
}
