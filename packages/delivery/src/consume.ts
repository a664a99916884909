import type { Bus } from '@agentbus/core';
import { type ConsumeOptions, checkConsumeOptions, namedLimits, planConsumer } from './consume-options.ts';
import type { Consumer } from './consumer.ts';
import type { Handler } from './delivery.ts';
import { invalid } from './option-rules.ts';
import { startConsumer } from './start-consumer.ts';

/**
 * Works a subscription: `handler` gets every message on topics that match `pattern`, at least once, and each message is
 * settled by what the handler returns or throws. Resolves when the subscription is durable and the consumer runs.
 *
 * A subscription is durable and collects messages whether or not anybody consumes. Its pattern and the limits `timeoutMs`
 * and `maxAttempts` belong to it: whoever leaves a limit out obeys what others set when it starts, whoever contradicts is
 * refused with `config_conflict` unless `update` is set. A consumer that runs already keeps the limits it started with.
 *
 * `Payload` is the caller's word for what publishers send; a schema given to `defineTopic` makes it true, because
 * payloads that do not fit it become dead letters with reason `schema` and never reach the handler.
 *
 * ```ts
 * interface Task {
 *   readonly goal: string;
 * }
 * const bus = await openBus({ store: await openSqliteStore('bus.db'), source: 'coder' });
 * const consumer = await consume<Task>(
 *   bus,
 *   { name: 'coder', pattern: 'agents.coder.inbox', maxAttempts: 3 },
 *   async ({ message }, { signal }) => {
 *     const result = await code(message.payload.goal, signal);
 *     await bus.publish('agents.reviewer.inbox', result, { cause: message });
 *   },
 * );
 * await consumer.closed;
 * ```
 *
 * @throws BusError `invalid_option`, `invalid_pattern`, `config_conflict`, or what the store says.
 */
export async function consume<Payload = unknown>(
  bus: Bus,
  options: ConsumeOptions,
  handler: Handler<Payload>,
): Promise<Consumer> {
  checkConsumeOptions(options);
  if (typeof handler !== 'function') throw invalid('handler', handler, 'a function (delivery, { signal }) => …');
  const { name, pattern, from = 'all', update, signal } = options;
  signal?.throwIfAborted();
  const settings = namedLimits(options);
  const limits = await bus.store.openSubscription({
    name,
    pattern,
    from,
    settings,
    ...(update === undefined ? {} : { update }),
  });
  signal?.throwIfAborted();
  const consumer = startConsumer(bus, planConsumer(options, limits), handler);
  if (signal !== undefined) stopOnAbort(consumer, signal);
  return consumer;
}

function stopOnAbort(consumer: Consumer, signal: AbortSignal): void {
  const stop = (): void => void consumer.stop();
  signal.addEventListener('abort', stop, { once: true });
  void consumer.closed.then(() => signal.removeEventListener('abort', stop));
}
