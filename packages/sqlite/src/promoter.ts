import type { Clock } from '@agentbus/core';

/** What {@link createPromoter} needs. */
export interface PromoterOptions {
  readonly clock: Clock;
  /** When the next delayed message is due, by wall clock. */
  readonly nextAt: () => number | undefined;
  /** Gives due messages their place in the log. */
  readonly promote: () => Promise<void>;
}

/** Sees to it that delayed messages join the log when due, even if nobody claims. */
export interface Promoter {
  /** Looks when the next one is due. To be called whenever that may have changed. */
  plan(): void;
  stop(): void;
}

/**
 * Messages are due by wall clock, timers go by a clock that stands still while a laptop sleeps and knows nothing of
 * somebody who sets the time. So a long wait is cut into naps, after each of which the time is looked at again.
 */
const longestNapMs = 60_000;
/** How long to leave a store alone that could not promote. Whoever claims meanwhile promotes too, and hears why not. */
const retryMs = 1_000;

/** Plans nothing yet. */
export function createPromoter({ clock, nextAt, promote }: PromoterOptions): Promoter {
  let stopped = false;
  let cancel = (): void => {};

  function wakeIn(delayMs: number): void {
    cancel();
    if (!stopped) cancel = clock.after(delayMs, () => void wake());
  }

  function plan(): void {
    try {
      const next = nextAt();
      if (next === undefined) cancel();
      else wakeIn(Math.min(Math.max(next - clock.now(), 0), longestNapMs));
    } catch {
      wakeIn(retryMs);
    }
  }

  async function wake(): Promise<void> {
    try {
      if ((nextAt() ?? Number.POSITIVE_INFINITY) <= clock.now()) await promote();
    } catch {
      wakeIn(retryMs);
      return;
    }
    plan();
  }

  return {
    plan,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
