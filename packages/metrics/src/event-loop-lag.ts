import { monitorEventLoopDelay } from 'node:perf_hooks';

/** By how much timers of this process come late. */
export interface EventLoopLag extends Disposable {
  /** The figures since the last call. */
  take(): { readonly p99Ms: number; readonly maxMs: number };
}

const resolutionMs = 20;

/** Starts measuring, with a timer every 20 ms that lives outside JavaScript and does not keep the process alive. */
export function measureEventLoopLag(): EventLoopLag {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  // The histogram holds the time from one tick to the next, so a loop that is never late reads as the resolution.
  const lateMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return {
    take() {
      const lag = { p99Ms: lateMs(histogram.percentile(99)), maxMs: lateMs(histogram.max) };
      histogram.reset();
      return lag;
    },
    [Symbol.dispose]: () => {
      histogram.disable();
    },
  };
}
