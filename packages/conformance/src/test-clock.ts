import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@agentbus/core';

/** A clock that stands still until a test moves it. Made by {@link createTestClock}. */
export interface TestClock extends Clock {
  /** As in {@link Clock}; assign to it to play another boot, or a platform that does not tell. */
  bootId: string | undefined;
  /**
   * Moves both clocks ahead together and fires the timers that fall due, each at its own moment and in order of time,
   * timers of one moment in the order in which they were set. After each timer, and before the first, the event loop
   * turns a few times, so that promise chains and `setImmediate` work that follow from it are done, and may set timers
   * that still fall due within this move. What waits for real I/O (a file event, another process) is not flushed: wait
   * for its effect. Await one move before you make the next.
   *
   * A timer never fires by itself, not even one with a delay of 0: `advance(0)` fires those that are due already.
   */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock ahead or, with a negative number, back. The monotonic clock and the timers do not notice. */
  jumpWall(ms: number): void;
  /** Plays a restart of the machine: another `bootId`, a monotonic clock that starts again from 0, and no timers. */
  reboot(bootId: string): void;
  /** How many timers are set, for tests that nothing is left running. */
  readonly timers: number;
}

/** Where a {@link TestClock} begins. */
export interface TestClockOptions {
  /** Default: 2026-01-01T00:00:00Z. */
  readonly now?: number;
  /** Default: 1,000,000, so that "long ago" is a positive number too. */
  readonly monotonic?: number;
  /** Default: `test-boot`. */
  readonly bootId?: string;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** How often the event loop turns between two timers: more than the longest chain of `setImmediate` known here. */
const flushTurns = 4;

/**
 * Makes a clock for tests.
 *
 * ```ts
 * const clock = createTestClock();
 * const store = createMemoryStore({ clock });
 * await clock.advance(30_000); // a lease of 30 s has run out now
 * clock.jumpWall(-3_600_000);  // somebody set the clock back
 * ```
 */
export function createTestClock(options: TestClockOptions = {}): TestClock {
  let { now: wallNow = Date.UTC(2026, 0, 1), monotonic: monotonicNow = 1_000_000 } = options;
  let bootId: string | undefined = options.bootId ?? 'test-boot';
  const timers = new Set<Timer>();

  function moveTo(moment: number): void {
    wallNow += moment - monotonicNow;
    monotonicNow = moment;
  }

  function nextDueBy(moment: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.due <= moment && (next === undefined || timer.due < next.due)) next = timer;
    return next;
  }

  return {
    get bootId() {
      return bootId;
    },
    set bootId(next) {
      bootId = next;
    },
    now: () => wallNow,
    monotonic: () => monotonicNow,
    after(delayMs, callback) {
      const timer = { due: monotonicNow + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      if (!(ms >= 0))
        throw new RangeError(`A clock cannot advance by ${ms} ms. Use jumpWall() to set the wall clock back.`);
      const target = monotonicNow + ms;
      await flush();
      for (let timer = nextDueBy(target); timer !== undefined; timer = nextDueBy(target)) {
        timers.delete(timer);
        moveTo(Math.max(timer.due, monotonicNow));
        timer.callback();
        await flush();
      }
      moveTo(target);
    },
    jumpWall(ms) {
      wallNow += ms;
    },
    reboot(next) {
      timers.clear();
      monotonicNow = 0;
      bootId = next;
    },
    get timers() {
      return timers.size;
    },
  };
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < flushTurns; turn += 1) await nextTurn();
}
