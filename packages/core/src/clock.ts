import { readFileSync } from 'node:fs';

/**
 * Where time comes from. Everything in AgentBus that looks at a clock or waits takes one of these, so that tests can
 * hold time in their hands.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump when somebody sets the clock. */
  now(): number;
  /**
   * Milliseconds on a clock that never jumps. On Linux, macOS and Windows all processes of one boot share it, which is
   * why leases are measured on it: neither a corrected wall clock nor a suspended laptop expires them wrongly.
   */
  monotonic(): number;
  /**
   * Names the boot to which `monotonic()` belongs, where the platform tells (Linux). Undefined elsewhere: stores then
   * measure leases by wall clock.
   */
  readonly bootId: string | undefined;
  /** Calls `callback` once after `delayMs`; returns the undo. A pending call does not keep the process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The longest delay that a Node timer takes without firing at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  bootId: readBootId(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestTimerMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
