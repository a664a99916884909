import type { Clock } from '@agentbus/core';

/**
 * Things that each have the same time from when they were added, watched by one timer: the first added is the first due.
 * A timer for each message or lease would cost more than the rest of its handling.
 */
export interface DeadlineQueue<Item> extends Iterable<Item> {
  readonly size: number;
  /** Starts the item's time at `now`, on the monotonic clock; again, if it is here already. */
  add(item: Item, now: number): void;
  delete(item: Item): void;
  /** Forgets everything. */
  close(): void;
}

/** Makes a queue that hands out each item once when its `delayMs` is over, and never if that is 0. */
export function createDeadlineQueue<Item>(
  clock: Clock,
  delayMs: number,
  onDue: (item: Item) => void,
): DeadlineQueue<Item> {
  const dues = new Map<Item, number>();
  let cancelTimer: (() => void) | undefined;

  // The timer is not moved when the first item leaves, which is nearly always: it fires, finds nothing due, and is set
  // for whatever is first then.
  function arm(waitMs: number): void {
    cancelTimer = clock.after(Math.ceil(waitMs), fire);
  }

  function fire(): void {
    cancelTimer = undefined;
    const now = clock.monotonic();
    for (const [item, due] of dues) {
      if (due > now) {
        if (cancelTimer === undefined) arm(due - now);
        return;
      }
      dues.delete(item);
      onDue(item);
    }
  }

  return {
    get size() {
      return dues.size;
    },
    add(item, now) {
      dues.delete(item);
      dues.set(item, now + delayMs);
      if (cancelTimer === undefined && delayMs > 0) arm(delayMs);
    },
    delete(item) {
      dues.delete(item);
    },
    close() {
      cancelTimer?.();
      cancelTimer = undefined;
      dues.clear();
    },
    [Symbol.iterator]: () => dues.keys(),
  };
}
