import { createBell } from './bell.ts';
import { type Clock, systemClock } from './clock.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemorySubscription, type Instant, type MemorySubscription } from './memory-subscription.ts';
import { storeClosed, unknownSubscription } from './rejections.ts';
import type { Draft, Store } from './store.ts';

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Makes a store that lives as long as the process. It is the reference: every other store is held against it, operation
 * by operation. Good for tests and for buses that need no durability.
 *
 * ```ts
 * const bus = await openBus({ store: createMemoryStore() });
 * ```
 */
export function createMemoryStore({ clock = systemClock }: MemoryStoreOptions = {}): Store {
  const url = 'memory:';
  const log = createMemoryLog();
  const subscriptions = new Map<string, MemorySubscription>();
  const bell = createBell();
  let tokens = 0;
  let closed = false;
  let cancelTimer = (): void => {};

  const instant = (): Instant => ({ wall: clock.now(), monotonic: clock.monotonic() });

  function find(name: string): MemorySubscription {
    const subscription = subscriptions.get(name);
    if (subscription === undefined) throw unknownSubscription(name, [...subscriptions.keys()]);
    return subscription;
  }

  /** A token ends in the name of the subscription that handed it out. */
  const holder = (token: string): MemorySubscription | undefined =>
    subscriptions.get(token.slice(token.indexOf(' ') + 1));

  function skip(added: readonly (readonly [Draft, number])[]): void {
    for (const [draft, seq] of added) {
      for (const name of new Set(draft.settledFor)) subscriptions.get(name)?.skip({ seq, record: draft });
    }
  }

  /** Gives delayed messages their place once due, and sees to it that somebody wakes up for the next. */
  function promote(): void {
    const promoted = log.promote(clock.now());
    skip(promoted);
    if (promoted.length > 0) bell.ring();
    cancelTimer();
    const next = log.nextDelayedAt();
    cancelTimer = next === undefined || closed ? () => {} : clock.after(next - clock.now(), promote);
  }

  /** Each verb is one indivisible step, as a transaction is elsewhere. */
  async function verb<Result>(step: () => Result): Promise<Result> {
    if (closed) throw storeClosed(url);
    return step();
  }

  return {
    url,
    append: (drafts) =>
      verb(() => {
        for (const { settledFor = [] } of drafts) for (const name of settledFor) find(name);
        const { duplicates, added } = log.append(drafts, clock.now());
        skip(added);
        promote();
        bell.ring();
        return duplicates.map((duplicate) => ({ duplicate }));
      }),
    openSubscription: (spec) =>
      verb(() => {
        const standing = subscriptions.get(spec.name);
        if (standing !== undefined) return standing.reopen(spec);
        subscriptions.set(spec.name, createMemorySubscription(spec, log));
        return spec.settings;
      }),
    removeSubscription: (name) =>
      verb(() => {
        // Its consumers are to notice.
        bell.ring();
        return subscriptions.delete(name);
      }),
    claim: (request) =>
      verb(() => {
        const subscription = find(request.subscription);
        promote();
        tokens += 1;
        return subscription.claim(request, `${tokens} ${request.subscription}`, instant());
      }),
    markStarted: (token, seq) => holder(token)?.markStarted(token, seq),
    settle: (settlements) =>
      verb(() => {
        const now = instant();
        const results = settlements.map(
          ({ token, seq, outcome }) => holder(token)?.settle(token, seq, outcome, now) ?? 'stale',
        );
        if (settlements.some(({ outcome }) => outcome.kind === 'retry' || outcome.kind === 'release')) bell.ring();
        return results;
      }),
    renew: (token, leaseMs) => verb(() => holder(token)?.renew(token, leaseMs, instant()) ?? 'stale'),
    head: () => verb(() => log.lastSeq),
    read: (query) => verb(() => log.read(query)),
    deadLetters: (name, query) => verb(() => find(name).deadLetters(query)),
    resolveDead: (name, action, selection) =>
      verb(() => {
        const done = find(name).resolveDead(action, selection);
        bell.ring();
        return done;
      }),
    stats: () =>
      verb(() => ({
        topics: log.stats(),
        subscriptions: [...subscriptions.values()]
          .map((subscription) => subscription.stats(instant()))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      })),
    watch: (listener) => bell.listen(listener),
    async close() {
      closed = true;
      cancelTimer();
    },
  };
}
