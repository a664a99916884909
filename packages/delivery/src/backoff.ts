import { BusError } from '@agentbus/core';
import { invalid, requireDuration } from './option-rules.ts';

/**
 * How long to wait before the next attempt, in milliseconds. `attempt` is the number of the one that failed, from 1.
 * `random` gives numbers from 0 to below 1; take yours from it, so that tests can hold chance in their hands. Any
 * function `(attempt) => milliseconds` will do.
 */
export type Backoff = (attempt: number, random: () => number) => number;

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** Default: 1,000. Shorter and a peer that restarts is asked again before it is up. */
  readonly firstMs?: number;
  /** Default: 2. */
  readonly factor?: number;
  /** Default: 3,600,000, one hour: whoever repairs the cause sees the effect within the hour. */
  readonly maxMs?: number;
  /**
   * `full` waits a random time between nothing and the whole, so that what failed together does not come back together;
   * `none` waits the whole. Default: `full`.
   */
  readonly jitter?: 'full' | 'none';
}

/**
 * Waits longer after each failure: by default up to 1 s after the first, 2 s after the second, 4 s after the third. This
 * is what `consume` does unless told otherwise.
 *
 * ```ts
 * const backoff = exponential({ firstMs: 5_000, maxMs: 600_000 });
 * await consume(bus, { name: 'crawler', pattern: 'pages.>', backoff }, crawl);
 * ```
 *
 * @throws BusError `invalid_option`
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
  const { firstMs = 1_000, factor = 2, maxMs = 3_600_000, jitter = 'full' } = options;
  requireDuration('firstMs', firstMs, 0);
  requireDuration('maxMs', maxMs, 0);
  if (!(Number.isFinite(factor) && factor >= 1)) throw invalid('factor', factor, 'a number, at least 1');
  if (jitter !== 'full' && jitter !== 'none') throw invalid('jitter', jitter, '"full" or "none"');
  return (attempt, random) => {
    // A huge attempt makes the power infinite, which min() takes back; 0 * Infinity would not come back.
    const whole = firstMs === 0 ? 0 : Math.min(maxMs, firstMs * factor ** (attempt - 1));
    return jitter === 'full' ? random() * whole : whole;
  };
}

/**
 * Waits the same time after each failure.
 *
 * ```ts
 * await consume(bus, { name: 'poller', pattern: 'builds.>', backoff: fixed(30_000) }, checkBuild);
 * ```
 *
 * @throws BusError `invalid_option`
 */
export function fixed(delayMs: number): Backoff {
  requireDuration('delayMs', delayMs, 0);
  return () => delayMs;
}

/**
 * Waits the first time after the first failure, the second after the second, and from then on the last.
 *
 * ```ts
 * await consume(bus, { name: 'mailer', pattern: 'mail.out', backoff: list([1_000, 60_000, 3_600_000]) }, send);
 * ```
 *
 * @throws BusError `invalid_option` if the list is empty or holds anything but milliseconds.
 */
export function list(delaysMs: readonly number[]): Backoff {
  const delays = delaysMs.map((delayMs, index) => requireDuration(`delaysMs[${index}]`, delayMs, 0));
  const last = delays.at(-1);
  if (last === undefined) {
    throw new BusError('invalid_option', 'delaysMs is empty; name at least one delay, for instance [1_000].');
  }
  return (attempt) => delays[attempt - 1] ?? last;
}
