import { writeFileSync } from 'node:fs';
import { type BusEvent, defineTopic, openBus, type StandardSchema } from '@agentbus/core';
import { openSqliteStore } from '@agentbus/sqlite';
import { temporaryDirectory, until } from '@agentbus/testkit';
import { expect, it } from 'vitest';
import { consume } from '../src/index.ts';
import { createGate } from './stage.ts';
import { startLock } from './worker.ts';

const topic = 'jobs';
const heldMs = 2_000;

it('while another process holds the write lock for 2 s, messages already leased keep starting, and their acks follow', async () => {
  await using directory = await temporaryDirectory();
  const database = directory.join('bus.db');
  // A schema that takes its time to check keeps what is leased from starting until the test has the lock.
  const locked = createGate();
  let checking = 0;
  const schema: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      async validate(value) {
        checking += 1;
        await locked.opened;
        return { value };
      },
    },
  };
  const events: BusEvent[] = [];
  const eventsOf = (type: BusEvent['type']): BusEvent[] => events.filter((event) => event.type === type);
  await using publisher = await openBus({ store: await openSqliteStore(database) });
  await publisher.publishAll(Array.from({ length: 40 }, (_, payload) => ({ topic, payload })));
  await using bus = await openBus({
    store: await openSqliteStore(database),
    topics: [defineTopic(topic, { schema })],
    observe: (event) => events.push(event),
  });
  let started = 0;
  let turns = 0;
  const consumer = await consume(bus, { name: 'work', pattern: topic, concurrency: 20 }, async () => {
    started += 1;
    await new Promise((resolve) => setImmediate(resolve));
  });
  await until(() => checking === 20, '20 messages are leased');

  const enough = directory.join('enough');
  const lock = await startLock(database, heldMs, enough);
  await using _ = lock;
  const ticking = setInterval(() => {
    turns += 1;
  }, 10);
  locked.open();
  await until(() => started === 20, 'all that was leased has started');
  expect(eventsOf('ack')).toEqual([]);
  writeFileSync(enough, '');
  await lock.ended;
  clearInterval(ticking);

  await consumer.idle();
  expect([eventsOf('ack').length, eventsOf('lease-lost').length, eventsOf('store-error').length]).toEqual([40, 0, 0]);
  // The event loop was not held up by the lock.
  expect(turns).toBeGreaterThan(10);
  expect(started).toBe(40);
});
