import assert from 'node:assert/strict';
import { createMemoryStore, type Draft, type StartPosition, type Store } from '@agentbus/core';
import type { StoreHarness } from '../harness.ts';
import { createTestClock, type TestClock } from '../test-clock.ts';
import { idsOf } from '../trial.ts';
import { type Consumers, createConsumers } from './consumers.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Instant } from './ledger-subscription.ts';
import { createLockstep, type Lockstep, withoutSeq } from './lockstep.ts';
import { type Operation, type Publishing, patterns, subscriptionNames, topics } from './operation.ts';

/** Everything that takes part in a run. */
interface Run {
  readonly clock: TestClock;
  readonly now: () => Instant;
  readonly lockstep: Lockstep;
  readonly ledger: Ledger;
  readonly consumers: Consumers;
  /** Leaves the store behind and opens its data again, where that is possible. */
  readonly reopen: (ending: 'closed' | 'crashed') => Promise<void>;
}

/** All figures, messages and dead letters are compared after every so many steps: it takes longer than most steps do. */
const stocktaking = 4;

/** A subscription of nothing, whose claims bring delayed messages that are due into the log. */
const promoter = { name: 'promoter', pattern: 'nothing.at.all' } as const;

/**
 * Plays operations on the store, on the memory store as reference, and in the ledger, and asserts that all three agree:
 * the store with the reference in every answer, and with the ledger in what could be answered.
 */
export async function play(harness: StoreHarness, operations: readonly Operation[]): Promise<void> {
  const clock = createTestClock();
  const now = (): Instant => ({ wall: clock.now(), monotonic: clock.monotonic() });
  const reference = createMemoryStore({ clock });
  const opened = [await harness.open({ clock })];
  const lockstep = createLockstep(opened[0] ?? reference, reference);
  const ledger = createLedger();
  const consumers = createConsumers(lockstep, ledger, now);
  const reopen = async (ending: 'closed' | 'crashed'): Promise<void> => {
    if (harness.reopen === undefined) return;
    const next = await harness.reopen(lockstep.system, ending);
    opened.push(next);
    lockstep.replace(next);
  };
  const run: Run = { clock, now, lockstep, ledger, consumers, reopen };
  try {
    await begin(run);
    for (const [index, operation] of operations.entries()) {
      await named(`Step ${index + 1}, ${JSON.stringify(operation)}`, () => act(run, operation));
      if (index % stocktaking === 0) await named(`After step ${index + 1}`, () => compareAll(run));
    }
    await named('After the last step', () => compareAll(run));
    await named('Working off what is left', () => workOff(run));
  } finally {
    for (const store of [...opened, reference]) await store.close();
    for (const store of opened) await harness.erase?.(store);
  }
}

async function named(what: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (cause) {
    throw new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function begin(run: Run): Promise<void> {
  await open(run, promoter.name, promoter.pattern, 'all');
  await open(run, 'one', '>', 'all');
  await open(run, 'two', '*.x', 'all');
}

/** Compares what can be seen of the store with the reference and with the ledger. */
async function compareAll({ lockstep, ledger, now }: Run): Promise<void> {
  const stats = await lockstep.ask((store) => store.stats());
  assert('result' in stats);
  ledger.auditFigures(stats.result.subscriptions, now());
  const log = await lockstep.ask((store) => store.read({ limit: 1_000 }), withoutSeq);
  assert.deepEqual('result' in log && idsOf(log.result), ledger.log(), 'the log');
  for (const [name, subscription] of ledger.subscriptions) {
    const dead = await lockstep.ask((store) => store.deadLetters(name, { limit: 1_000 }), withoutSeq);
    assert.deepEqual('result' in dead && idsOf(dead.result), subscription.dead(), `the dead letters of "${name}"`);
  }
}

/** Whatever has happened, everything that is owed can be had in the end, and nothing is left over. */
async function workOff(run: Run): Promise<void> {
  const { ledger, consumers, now } = run;
  // Longer than any lease, delay and jump.
  await moveClock(run, () => run.clock.advance(10_000_000));
  for (const subscription of ledger.subscriptions.keys()) {
    for (let more = true; more; ) {
      const { lease, expired } = await consumers.claim({ subscription, limit: 100, leaseMs: 30_000, idle: true });
      if (lease !== undefined) await consumers.ackNewest();
      more = lease !== undefined || expired.length > 0;
    }
  }
  await compareAll(run);
  for (const [name, subscription] of ledger.subscriptions) {
    const { ready, scheduled, leased } = subscription.figures(now());
    assert.deepEqual({ ready, scheduled, leased }, { ready: 0, scheduled: 0, leased: 0 }, `what "${name}" is owed`);
  }
}

async function act(run: Run, operation: Operation): Promise<void> {
  const { clock, lockstep, ledger, consumers } = run;
  switch (operation.do) {
    case 'publish':
      return publish(run, operation.messages);
    case 'claim': {
      const { limit, leaseMs, idle } = operation;
      const subscription = pickOpen(ledger, operation.subscription);
      if (subscription !== undefined) await consumers.claim({ subscription, limit, leaseMs, idle });
      return;
    }
    case 'start':
      return consumers.start(operation.lease, operation.delivery);
    case 'settle':
      return consumers.settle(operation.settlements);
    case 'renew':
      return consumers.renew(operation.lease, operation.leaseMs);
    case 'resolve':
      return resolve(run, operation);
    case 'advance':
      return moveClock(run, () => clock.advance(operation.ms));
    case 'jump':
      return moveClock(run, () => clock.jumpWall(operation.ms));
    case 'crash':
      consumers.crash();
      return run.reopen(operation.ending);
    case 'open': {
      const from = operation.from;
      const log = ledger.log();
      const after = typeof from === 'number' ? log[from % Math.max(1, log.length)] : undefined;
      const beginning = typeof from !== 'number' ? from : after === undefined ? 'all' : { after };
      return open(run, subscriptionName(operation.subscription), patterns[operation.pattern] ?? '', beginning);
    }
    case 'remove': {
      const name = subscriptionName(operation.subscription);
      const said = await lockstep.ask((store) => store.removeSubscription(name));
      assert.deepEqual(said, { result: ledger.remove(name) }, 'whether there was one');
    }
  }
}

async function publish({ lockstep, ledger, clock, now }: Run, messages: readonly Publishing[]): Promise<void> {
  const drafts: Draft[] = [];
  for (const message of messages) drafts.push(draftOf(message, [...ledger.drafts, ...drafts], clock.now()));
  const said = await lockstep.ask((store) => store.append(drafts));
  const told = 'refused' in said ? said.refused : said.result.map(({ duplicate }) => duplicate);
  assert.deepEqual(told, ledger.publish(drafts, now()), 'what became of the drafts');
}

async function resolve(
  { lockstep, ledger }: Run,
  { subscription, action, which }: Extract<Operation, { do: 'resolve' }>,
): Promise<void> {
  const name = pickOpen(ledger, subscription);
  if (name === undefined) return;
  const selection =
    'limit' in which ? which : { ids: which.messages.flatMap((number) => ledger.drafts[number]?.id ?? []) };
  const said = await lockstep.ask((store) => store.resolveDead(name, action, selection));
  const expected = ledger.subscriptions.get(name)?.resolve(action, selection);
  assert.deepEqual(said, { result: expected }, 'what was resolved');
}

/** Both stores promote at once, as the reference does by timers that others need not have. */
async function moveClock({ lockstep, ledger, now }: Run, move: () => Promise<void> | void): Promise<void> {
  await move();
  ledger.promote(now());
  const request = { subscription: promoter.name, consumer: 'promoter', limit: 1, leaseMs: 1, idle: true };
  await lockstep.ask((store) => store.claim(request));
}

async function open(
  { lockstep, ledger }: Run,
  name: string,
  pattern: string,
  from: 'all' | 'new' | { readonly after: string },
): Promise<void> {
  const settings = { pattern };
  const said = await lockstep.ask(async (store) =>
    store.openSubscription({ name, pattern, from: await startIn(store, from), settings }),
  );
  const log = ledger.log();
  const after = from === 'all' ? 0 : from === 'new' ? log.length : log.indexOf(from.after) + 1;
  const expected = ledger.open(name, pattern, after);
  assert.deepEqual(said, expected === 'config_conflict' ? { refused: expected } : { result: settings });
}

async function startIn(store: Store, from: 'all' | 'new' | { readonly after: string }): Promise<StartPosition> {
  if (typeof from === 'string') return from;
  const [message] = await store.read({ ids: [from.after], limit: 1 });
  assert(message !== undefined, `${from.after} is in the log`);
  return { seq: message.seq };
}

function subscriptionName(number: number): string {
  return subscriptionNames[number % subscriptionNames.length] ?? '';
}

function pickOpen(ledger: Ledger, number: number): string | undefined {
  const names = [...ledger.subscriptions.keys()].filter((name) => name !== promoter.name);
  return names[number % names.length];
}

function draftOf(message: Publishing, earlier: readonly Draft[], at: number): Draft {
  const { topic, priority, delayMs, ttlMs, again, settledFor } = message;
  const original = again === undefined ? undefined : earlier[again.message];
  if (original !== undefined && again !== undefined) {
    return { ...original, publishedAt: at, body: again.altered ? `${original.body} ` : original.body };
  }
  const id = `m${earlier.length}`;
  return {
    id,
    topic: topics[topic] ?? '',
    body: JSON.stringify({ n: earlier.length }),
    headers: { n: `${earlier.length}` },
    source: 'model',
    priority,
    correlationId: id,
    publishedAt: at,
    ...(delayMs === 0 ? {} : { deliverAt: at + delayMs }),
    ...(ttlMs === 0 ? {} : { expiresAt: at + ttlMs }),
    ...(settledFor.length === 0 ? {} : { settledFor: settledFor.map(subscriptionName) }),
  };
}
