import type { Bus } from './bus.ts';
import { type Message, type MessageRecord, toMessage } from './message.ts';
import type { StoredMessage } from './store.ts';
import type { LiveHandler, Subscription } from './subscription.ts';
import { reportError } from './system-error.ts';

/** The most transient messages kept for a live subscriber that is slow. Durable ones wait in the store. */
const transientBacklog = 10_000;
const pageSize = 128;
/** How long to wait before reading again after the store failed, unless it rings before. */
const storeRetryMs = 1_000;

/** What the bus needs of a live subscription. */
export interface LiveSubscription extends Subscription {
  /** Hands over a transient message. */
  offer(record: MessageRecord): void;
}

/**
 * States: following (reads the store page by page whenever it rings, in between hands out transient messages) and
 * closed. Each subscriber reads the log with a position of its own, so a slow one holds back only itself and needs no
 * buffer for durable messages.
 */
export function createLiveSubscription(
  bus: Bus,
  pattern: string,
  handler: LiveHandler | undefined,
  onClose: () => void,
): LiveSubscription {
  const transient: MessageRecord[] = [];
  let page: StoredMessage[] = [];
  let afterSeq = 0;
  let news = true;
  let closed = false;
  let wake = (): void => {};
  const notify = (): void => {
    news = true;
    wake();
  };
  const unwatch = bus.store.watch(notify);
  const ready = bus.store.head().then((head) => {
    afterSeq = head;
  });
  // Whoever awaits `ready` sees the failure; nobody has to.
  ready.catch((error: unknown) => bus.emit({ type: 'store-error', error, doing: 'starting a live subscription' }));

  async function refill(): Promise<void> {
    news = false;
    try {
      page = [...(await bus.store.read({ pattern, afterSeq, limit: pageSize }))];
    } catch (error) {
      if (closed) return;
      bus.emit({ type: 'store-error', error, doing: `reading for the live subscription on "${pattern}"` });
      bus.clock.after(storeRetryMs, notify);
    }
  }

  async function next(): Promise<MessageRecord | undefined> {
    await ready;
    while (!closed) {
      const record = transient.shift() ?? takeStored();
      if (record !== undefined) {
        if (record.expiresAt === undefined || record.expiresAt > bus.clock.now()) return record;
      } else if (news) {
        await refill();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return undefined;
  }

  function takeStored(): MessageRecord | undefined {
    const stored = page.shift();
    if (stored === undefined) return undefined;
    afterSeq = stored.seq;
    // A full page may have more behind it.
    if (page.length === 0) news = true;
    return stored.record;
  }

  function close(): void {
    if (closed) return;
    closed = true;
    unwatch();
    wake();
    onClose();
  }

  async function* iterate(): AsyncGenerator<Message, void, undefined> {
    try {
      for (let record = await next(); record !== undefined; record = await next()) yield toMessage(record);
    } finally {
      close();
    }
  }

  const messages = iterate();
  if (handler !== undefined) void follow(bus, messages, handler);

  return {
    pattern,
    ready,
    offer(record) {
      transient.push(record);
      if (transient.length > transientBacklog) {
        const dropped = transient.splice(0, transient.length - transientBacklog).length;
        bus.emit({ type: 'overflow', pattern, dropped });
      }
      wake();
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncIterator]: () => messages,
  };
}

async function follow(
  bus: Bus,
  messages: AsyncGenerator<Message, void, undefined>,
  handler: LiveHandler,
): Promise<void> {
  try {
    for await (const message of messages) {
      try {
        await handler(message);
      } catch (error) {
        bus.emit({ type: 'handler-error', error, messageId: message.id });
        await reportError(bus, { error, message });
      }
    }
  } catch {
    // The store could not say where its log ends: already told as `store-error`, and to whoever awaits `ready`.
  }
}
