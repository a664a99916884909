import type { LeasedDelivery, Outcome } from '@agentbus/core';

/**
 * Whether a delivery may be started at all. One that was started as often as allowed, and came back because its lease ran
 * out, is given up here: so starts never exceed `maxAttempts`, even when every one of them kills the process.
 */
export function refuseExhausted(
  { starts, suspect, history }: LeasedDelivery,
  maxAttempts: number,
): Outcome | undefined {
  if (starts < maxAttempts) return undefined;
  const last = history.at(-1)?.reason ?? 'nothing is known of it';
  return {
    kind: 'dead',
    // Without the suspicion somebody has lowered maxAttempts since.
    reason: suspect ? 'crashed' : 'exhausted',
    detail: `was started ${starts} times and may be ${maxAttempts} times; the last attempt: ${last}`,
  };
}
