import type { BusError } from '@agentbus/core';

/**
 * A running consumer. It keeps its process alive until it is stopped. Disposing of it, closing its bus, or aborting the
 * signal it was given stops it; the subscription stays and goes on collecting messages.
 *
 * ```ts
 * await using consumer = await consume(bus, { name: 'planner', pattern: 'agents.planner.inbox' }, plan);
 * process.once('SIGTERM', () => void consumer.stop());
 * const why = await consumer.closed;
 * if (why !== undefined) console.error(why.message);
 * ```
 */
export interface Consumer extends AsyncDisposable {
  /** The subscription. */
  readonly name: string;
  /** Names this consumer in leases and events: the bus's `source` and a few random digits. */
  readonly id: string;
  /**
   * Resolves once the consumer has ended: to nothing when it was stopped, else to the error that ended it, for instance
   * `unknown_subscription` when somebody removed the subscription. Never rejects.
   */
  readonly closed: Promise<BusError | undefined>;
  /**
   * Resolves once the consumer has caught up: no handler runs, every settlement and report is stored, and a claim made
   * after that found nothing due. What is scheduled for later, or leased by others, may still come. Rejects with `closed`
   * if the consumer ends before.
   */
  idle(): Promise<void>;
  /**
   * Drains: claims nothing more, gives back at once what has not started, and waits for handlers that run. At the
   * deadline it aborts their signals and gives their messages back, uncharged. Resolves when everything is committed, one
   * second after the deadline at the latest. Calling it again may bring the deadline forward.
   *
   * `deadlineMs` is 8,000 by default, so that even the last release is stored before Docker, which waits 10 s, kills the
   * process. A handler that awaits this waits for itself, until the deadline.
   */
  stop(options?: StopOptions): Promise<void>;
}

/** Options of {@link Consumer.stop}. */
export interface StopOptions {
  /** How long handlers may go on. Default: 8,000. */
  readonly deadlineMs?: number;
}
