import { isBusy } from './sqlite-error.ts';

/** How long to stand back when somebody else holds a lock: at first, and at most. Doubles, with full jitter. */
const firstPauseMs = 1;
const longestPauseMs = 40;

/** The pause after so many attempts in vain. */
export function pauseMs(attempts: number): number {
  return Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** attempts);
}

/**
 * Tries `step` again while somebody else holds a lock that it needs, for `timeoutMs` at most. Between attempts the event
 * loop goes on, which SQLite's own busy_timeout would stop.
 */
export async function retryWhileBusy<Result>(timeoutMs: number, step: () => Result): Promise<Result> {
  // Real time, not an injected clock: this waits for another process, not for a moment.
  const begun = performance.now();
  for (let attempts = 0; ; attempts += 1) {
    try {
      return step();
    } catch (error) {
      if (!isBusy(error) || performance.now() - begun > timeoutMs) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs(attempts));
    });
  }
}
