import { once } from 'node:events';
import type { MetricsSnapshot } from '@agentbus/metrics';
import { spawnTypeScript } from '@agentbus/testkit';
import { type AgentOrders, isAgentReport, type TimelineStep } from './agent-orders.ts';

/** An agent that runs in a process of its own. */
export interface AgentProcess extends AsyncDisposable {
  readonly orders: AgentOrders;
  readonly pid: number | undefined;
  /** Resolves once every letter that was owed is acked or given up. */
  drained(): Promise<void>;
  /** Resolves to when the handler of this message started, on the monotonic clock. */
  woken(messageId: string): Promise<number>;
  /** Stops it in peace; resolves to what it counted. */
  finish(): Promise<MetricsSnapshot>;
}

/** What an agent tells while it works. */
export interface AgentListener {
  onStep(step: TimelineStep): void;
  onProgress(settled: number): void;
}

/** An agent that reports nothing for so long will not do so any more. The longest backoff here is about a second. */
const patienceMs = 30_000;

/** Starts an agent. Disposing it kills it, unless it has finished: the bus it worked on goes with it. */
export function startAgent(orders: AgentOrders, { onStep, onProgress }: AgentListener): AgentProcess {
  const child = spawnTypeScript(new URL('./agent.ts', import.meta.url), [JSON.stringify(orders)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // What it said last may arrive after the news that it is gone.
  const gone = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  let isDrained = false;
  const wokenAt = new Map<string, number>();
  const waiters = new Set<() => void>();
  let metrics: MetricsSnapshot | undefined;
  let lastSign = performance.now();
  let failure: Error | undefined;

  function sign(): void {
    lastSign = performance.now();
    for (const waiter of [...waiters]) waiter();
  }

  function fail(what: string): void {
    failure ??= new Error(`Agent "${orders.agent}" (process ${child.pid ?? 'that did not start'}) ${what}`);
    sign();
  }

  child.on('message', (report: unknown) => {
    if (!isAgentReport(report)) return;
    if (report.kind === 'settled') onStep(report.step);
    else if (report.kind === 'progress') onProgress(report.settled);
    else if (report.kind === 'woken') wokenAt.set(report.messageId, report.startedAt);
    else if (report.kind === 'drained') isDrained = true;
    else metrics = report.metrics;
    sign();
  });
  gone.then(
    ([[code, signal]]) => {
      if (metrics === undefined || code !== 0) fail(`ended unexpectedly with ${signal ?? `exit code ${code}`}.`);
    },
    (error: unknown) => fail(`could not be started: ${String(error)}`),
  );

  async function waitFor<Value>(find: () => Value | undefined, what: string): Promise<Value> {
    lastSign = performance.now();
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (failure !== undefined) throw failure;
      const left = lastSign + patienceMs - performance.now();
      if (left <= 0)
        throw new Error(`Agent "${orders.agent}" gave no sign for ${patienceMs / 1000} s before it ${what}.`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiters.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        waiters.add(wake);
      });
    }
  }

  return {
    orders,
    pid: child.pid,
    async drained() {
      await waitFor(() => isDrained || undefined, 'had worked its letters');
    },
    woken: (messageId) => waitFor(() => wokenAt.get(messageId), 'woke up'),
    async finish() {
      child.send('stop');
      const snapshot = await waitFor(() => metrics, 'stopped');
      await gone;
      if (failure !== undefined) throw failure;
      return snapshot;
    },
    async [Symbol.asyncDispose]() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await gone.catch(() => {});
    },
  };
}
