import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createBell, type Store } from '@agentbus/core';
import { type Answer, type Call, decode, encode, type Verb, type WorkerPlan } from './calls.ts';

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A store whose database lives in a worker thread. Calls of one turn of the event loop cross as one message, and so do
 * the answers of one commit.
 *
 * A start must be on record before its handler runs, so it cannot cross: this thread would write the starts file itself.
 * Here it makes the same system call on a file of its own, to pay what that costs.
 */
export async function openWorkerStore(plan: WorkerPlan): Promise<Store> {
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), {
    workerData: plan,
    // Sources, not builds, whatever started this process.
    execArgv: ['--conditions=agentbus-source'],
  });
  const starts = openSync(`${plan.path}-starts`, 'w');
  const started = Buffer.from([1]);
  const bell = createBell();
  const waiting = new Map<number, Waiting>();
  let calls: Call[] = [];
  let lastId = 0;

  worker.on('message', (posted: readonly Answer[] | string) => {
    // A message without answers is the worker's bell.
    if (posted.length === 0 || posted === '[]') bell.ring();
    else for (const [id, result, error] of decode(posted)) settle(id, result, error);
  });

  function settle(id: number, result: unknown, error: string | null): void {
    const caller = waiting.get(id);
    waiting.delete(id);
    // What crosses a thread boundary has no types; the verb's own promise has.
    if (error === null) caller?.resolve(result as never);
    else caller?.reject(new Error(error));
  }

  function post(): void {
    const group = calls;
    calls = [];
    worker.postMessage(encode(group, plan.encoding));
  }

  function call<Result>(verb: Verb, ...args: readonly unknown[]): Promise<Result> {
    return new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      if (calls.length === 0) setImmediate(post);
      calls.push([lastId, verb, args]);
    });
  }

  await once(worker, 'message');
  return {
    url: `sqlite:${plan.path}`,
    append: (drafts) => call('append', drafts),
    openSubscription: (spec) => call('openSubscription', spec),
    removeSubscription: (name) => call('removeSubscription', name),
    claim: (request) => call('claim', request),
    markStarted: (_token, seq) => void writeSync(starts, started, 0, 1, seq % 256),
    settle: (settlements) =>
      call(
        'settle',
        // Callers may keep more in a settlement than can be cloned.
        settlements.map(({ token, seq, outcome }) => ({ token, seq, outcome })),
      ),
    renew: (token, leaseMs) => call('renew', token, leaseMs),
    head: () => call('head'),
    read: (query) => call('read', query),
    deadLetters: (name, query) => call('deadLetters', name, query),
    resolveDead: (name, action, selection) => call('resolveDead', name, action, selection),
    stats: () => call('stats'),
    watch: (listener) => bell.listen(listener),
    async close() {
      await call('close');
      await worker.terminate();
      closeSync(starts);
    },
  };
}
