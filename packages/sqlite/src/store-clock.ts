import type { Clock } from '@agentbus/core';

/**
 * Store time: a clock that all processes on one store share and that neither a corrected wall clock nor a suspended
 * machine can make jump. It is the machine's monotonic clock plus an offset. The offset is fixed, and written to the
 * store, by the first process of a boot, so that leases and retries written before a reboot keep their meaning as well
 * as a wall clock allows. Where the platform does not name its boots, store time is the wall clock.
 */
export interface StoreClock {
  /** Store time in milliseconds. */
  now(): number;
  /** Wall-clock time in milliseconds since the epoch. */
  wall(): number;
}

/** What the store remembers between processes. */
export interface ClockRecord {
  readonly boot: string;
  readonly clockOffset: number;
}

/** The record that holds from now on: `known` within its own boot, a new one after a reboot. */
export function settleClockRecord(clock: Clock, known: ClockRecord | undefined): ClockRecord {
  if (clock.bootId === undefined) return { boot: '', clockOffset: 0 };
  if (known?.boot === clock.bootId) return known;
  return { boot: clock.bootId, clockOffset: clock.now() - clock.monotonic() };
}

/** Reads store time by a record of this boot. */
export function createStoreClock(clock: Clock, { boot, clockOffset }: ClockRecord): StoreClock {
  return {
    now: boot === '' ? () => clock.now() : () => clock.monotonic() + clockOffset,
    wall: () => clock.now(),
  };
}
