import type { Bus } from './bus.ts';
import { BusError } from './bus-error.ts';
import type { BusEvent, Observer } from './bus-event.ts';
import { type Clock, systemClock } from './clock.ts';
import { assertText, composeRecord } from './compose.ts';
import { createLiveSubscription, type LiveSubscription } from './live-subscription.ts';
import { createMemoryStore } from './memory-store.ts';
import { type MessageRecord, toMessage } from './message.ts';
import { createPatternTrie } from './pattern-trie.ts';
import type { Store } from './store.ts';
import { assertPattern } from './topic.ts';
import { findPolicy, type TopicPolicy } from './topic-policy.ts';
import { createUuidV7 } from './uuid.ts';

/** What {@link openBus} takes. */
export interface BusOptions {
  /** Where messages are kept. The bus closes it. Default: a fresh memory store, which ends with the process. */
  readonly store?: Store;
  /** Names this publisher in its messages, for instance the agent's id. Default: `pid-` and the process id. */
  readonly source?: string;
  /** How messages are treated, first match first. Default: durable, any JSON, at most 1 MiB. */
  readonly topics?: readonly TopicPolicy[];
  /** Told of everything that happens. More can be added with `bus.observe`. */
  readonly observe?: Observer;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Opens a bus.
 *
 * ```ts
 * await using bus = await openBus({ source: 'planner' });
 * bus.subscribe('agents.*.inbox', (message) => console.log(message.payload));
 * await bus.publish('agents.coder.inbox', { task: 'write tests' });
 * ```
 *
 * @throws BusError `invalid_option` for a source that is empty, longer than 256 characters or no Unicode.
 */
export async function openBus(options: BusOptions = {}): Promise<Bus> {
  const { clock = systemClock, source = `pid-${process.pid}`, topics = [] } = options;
  const store = options.store ?? createMemoryStore({ clock });
  assertText('source', source, 256);
  const observers = new Set<Observer>(options.observe === undefined ? [] : [options.observe]);
  const live = createPatternTrie<LiveSubscription>();
  const open = new Set<LiveSubscription>();
  const hooks = new Set<() => Promise<void>>();
  const context = {
    source,
    now: () => clock.now(),
    createId: createUuidV7(() => clock.now()),
    policyFor: (topic: string) => findPolicy(topics, topic),
  };
  let closing: Promise<void> | undefined;
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new BusError('closed', 'The bus was closed. Open another one before using it.');
  }

  async function publishRecords(records: readonly MessageRecord[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    const { durable } = context.policyFor(first.topic);
    const mixed = records.find(({ topic }) => context.policyFor(topic).durable !== durable);
    if (mixed !== undefined) {
      throw new BusError(
        'invalid_option',
        `"${first.topic}" and "${mixed.topic}" cannot be published in one batch: one is durable and the other transient, so they cannot be stored all or none.`,
      );
    }
    const startedAt = clock.monotonic();
    const results = durable ? await store.append(records) : offer(records);
    if (observers.size === 0) return;
    const tookMs = clock.monotonic() - startedAt;
    for (const [index, record] of records.entries()) {
      const { id: messageId, topic, correlationId } = record;
      const duplicate = results[index]?.duplicate === true;
      bus.emit({ type: 'publish', messageId, topic, correlationId, durable, duplicate, tookMs });
    }
  }

  function offer(records: readonly MessageRecord[]): { readonly duplicate: boolean }[] {
    for (const record of records) for (const subscription of live.match(record.topic)) subscription.offer(record);
    return records.map(() => ({ duplicate: false }));
  }

  async function closeAll(): Promise<void> {
    const outcomes = await Promise.allSettled([...hooks].map((hook) => hook()));
    // Only now: handlers that finished while their consumers drained may have published what they found.
    closed = true;
    for (const subscription of open) subscription.close();
    await store.close();
    // Whatever failed before, the store had to be closed; now it can be said.
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (failures.length > 1) throw new AggregateError(failures, 'Several things failed while the bus was closing.');
    if (failures.length > 0) throw failures[0];
  }

  const bus: Bus = {
    source,
    store,
    clock,
    policyFor: context.policyFor,
    get observed() {
      return observers.size > 0;
    },
    async publish(topic, payload, publishOptions = {}) {
      assertOpen();
      const record = await composeRecord({ ...publishOptions, topic, payload }, context);
      await publishRecords([record]);
      return toMessage(record);
    },
    async publishAll(inputs) {
      assertOpen();
      const records: MessageRecord[] = [];
      for (const input of inputs) records.push(await composeRecord(input, context));
      await publishRecords(records);
      return records.map(toMessage);
    },
    subscribe(pattern, handler, { signal } = {}) {
      assertOpen();
      assertPattern(pattern);
      const subscription: LiveSubscription = createLiveSubscription(bus, pattern, handler, () => {
        remove();
        open.delete(subscription);
        signal?.removeEventListener('abort', subscription.close);
        bus.emit({ type: 'unsubscribe', pattern });
      });
      const remove = live.add(pattern, subscription);
      open.add(subscription);
      bus.emit({ type: 'subscribe', pattern });
      signal?.addEventListener('abort', subscription.close, { once: true });
      if (signal?.aborted === true) subscription.close();
      return subscription;
    },
    observe(observer) {
      observers.add(observer);
      return () => {
        observers.delete(observer);
      };
    },
    emit(input) {
      if (observers.size === 0) return;
      const event: BusEvent = { ...input, at: clock.now() };
      for (const observer of observers) {
        try {
          observer(event);
        } catch (error) {
          // Observers are bystanders: a broken one must not fail the publish that it watched.
          observers.delete(observer);
          process.emitWarning(`An observer of the bus threw and was removed: ${String(error)}`, 'AgentBusWarning');
        }
      }
    },
    beforeClose(hook) {
      hooks.add(hook);
      return () => {
        hooks.delete(hook);
      };
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
  return bus;
}
