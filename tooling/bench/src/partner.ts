import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Another process that takes part in a measurement: it is sent requests and sends numbers. */
export interface Partner {
  send(request: string): void;
  /** The next numbers it sends. Rejects when it ends instead. */
  heard(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** Starts a file beside this one as a process, and waits until it has sent something. */
export async function startPartner(file: URL, ...args: readonly string[]): Promise<Partner> {
  const child = fork(file, args, { execArgv: ['--conditions=agentbus-source'] });
  const waiting: { resolve: (numbers: readonly number[]) => void; reject: (error: Error) => void }[] = [];
  const unheard: (readonly number[])[] = [];
  child.on('message', (message: readonly number[]) => {
    const next = waiting.shift();
    if (next === undefined) unheard.push(message);
    else next.resolve(message);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${file.pathname} ended with exit code ${code}.`));
  });
  const partner: Partner = {
    send: (request) => void child.send(request),
    heard() {
      const numbers = unheard.shift();
      return numbers === undefined
        ? new Promise((resolve, reject) => waiting.push({ resolve, reject }))
        : Promise.resolve(numbers);
    },
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
  await partner.heard();
  return partner;
}

/** Inside a partner: sends numbers to the process that started it. */
export function report(...numbers: readonly number[]): void {
  process.send?.(numbers);
}
