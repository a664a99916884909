import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { spawnTypeScript } from '@agentbus/testkit';
import type { ConsumeOptions } from '../src/index.ts';

/** What a worker process is asked to do with a message. */
export interface Job {
  /** Kills its own process, before or after it has given the event loop a turn. */
  readonly poison?: 'at once' | 'after a while';
  readonly takesMs?: number;
  /** Ends among the dead letters. */
  readonly hopeless?: boolean;
}

/** How a worker process works. */
export interface WorkerOptions {
  readonly source: string;
  readonly consume: ConsumeOptions;
}

/** A child process that has said `ready`. */
export interface Child extends AsyncDisposable {
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  /** Kills it as the kernel does when memory is short, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop, as a supervisor does; resolves to its exit code. */
  terminate(): Promise<number | null>;
}

/** Starts a consumer process and waits until it consumes. */
export function startWorker(database: string, effects: string, options: WorkerOptions): Promise<Child> {
  return start(new URL('./worker-process.ts', import.meta.url), [database, effects, JSON.stringify(options)]);
}

/** Starts a process that publishes until it is killed, and waits until it does. */
export function startPublisher(database: string, resolved: string, topic: string, prefix: string): Promise<Child> {
  return start(new URL('./publisher-process.ts', import.meta.url), [database, resolved, topic, prefix]);
}

/** Starts a process that holds the write lock for `heldMs` and until a file exists, and waits until it has the lock. */
export function startLock(database: string, heldMs: number, until: string): Promise<Child> {
  return start(new URL('./lock-process.ts', import.meta.url), [database, String(heldMs), until]);
}

/** Several children to be disposed of together. */
export function together(children: readonly Child[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map((child) => child.kill()));
    },
  };
}

async function start(file: URL, args: string[]): Promise<Child> {
  const child = spawnTypeScript(file, args);
  const ended = once(child, 'exit');
  await firstLine(child);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const terminate = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await ended;
    return child.exitCode;
  };
  return { ended, kill, terminate, [Symbol.asyncDispose]: kill };
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('The child was started without a pipe for its output.');
  const lines = createInterface(child.stdout);
  for await (const _ of lines) return;
  throw new Error(`A child ended before it said anything: code ${child.exitCode}, signal ${child.signalCode}`);
}

/** The lines of a file; none if nobody has written one yet. A last line without its end was never finished. */
export function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}
