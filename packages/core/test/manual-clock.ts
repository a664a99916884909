import type { Clock } from '@agentbus/core';

/** A clock that only a test moves. */
export interface ManualClock extends Clock {
  /** Moves time on and calls what has fallen due, in order. */
  advance(ms: number): void;
  /** Sets the wall clock alone. */
  jumpWall(ms: number): void;
  /** How many calls are pending. */
  readonly pending: number;
}

/** Makes a clock at 1,000,000 ms of wall clock and 5,000 ms of monotonic time. */
export function createManualClock(): ManualClock {
  let wall = 1_000_000;
  let monotonic = 5_000;
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  return {
    bootId: 'manual',
    now: () => wall,
    monotonic: () => monotonic,
    after(delayMs, callback) {
      const timer = { due: monotonic + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(ms) {
      const end = monotonic + ms;
      const next = () =>
        [...timers]
          .filter(({ due }) => due <= end)
          .reduce((first, timer) => (timer.due < first.due ? timer : first), {
            due: Number.POSITIVE_INFINITY,
            callback: () => {},
          });
      for (let timer = next(); timer.due <= end; timer = next()) {
        timers.delete(timer);
        wall += Math.max(0, timer.due - monotonic);
        monotonic = Math.max(monotonic, timer.due);
        timer.callback();
      }
      wall += end - monotonic;
      monotonic = end;
    },
    jumpWall(ms) {
      wall += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}
