import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { spawnTypeScript } from '@agentbus/testkit';

/** A process that a test talks to, killed at the latest when the test ends. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Sends a message and resolves with the next one that comes back. */
  ask(message: unknown): Promise<unknown>;
  /** Resolves with the next message. */
  hear(): Promise<unknown>;
  /** Kills it and resolves once it is gone. */
  kill(): Promise<void>;
  /** Resolves with how it ended: its exit code, or the name of the signal. */
  readonly ended: Promise<number | string>;
}

/** Starts a process with a channel to it. `file` lies beside this one. */
export function startChild(file: string, args: string[] = [], options: SpawnOptions = {}): Child {
  const child = spawnTypeScript(new URL(file, import.meta.url), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    ...options,
  });
  const heard: unknown[] = [];
  let wake = (): void => {};
  child.on('message', (message) => {
    heard.push(message);
    wake();
  });
  const ended = once(child, 'exit').then(([code, signal]): number | string => code ?? signal);
  // Not when it exits: what it has said last may still be on its way.
  let silent = false;
  child.on('disconnect', () => {
    silent = true;
    wake();
  });

  async function hear(): Promise<unknown> {
    while (heard.length === 0) {
      if (silent) throw new Error(`${file} ended without a word: ${await ended}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return heard.shift();
  }

  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }

  return {
    process: child,
    hear,
    ask(message) {
      child.send({ message });
      return hear();
    },
    kill,
    ended,
    [Symbol.asyncDispose]: kill,
  };
}

/** In the child: answers each message. The channel keeps the process alive until the parent lets go. */
export function answer(respond: (message: unknown) => Promise<unknown>): void {
  process.on('message', ({ message }: { message: unknown }) => {
    void respond(message).then((reply) => process.send?.(reply));
  });
}
