// The worker of the experiment: owns the store, and answers each group of calls as their commits come through.
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteStore } from '@agentbus/sqlite';
import { type Answer, type Call, decode, encode, type WorkerPlan } from './calls.ts';

if (parentPort === null) throw new Error('This file is a worker.');
const port = parentPort;
const { path, durability, encoding }: WorkerPlan = workerData;
const store = await openSqliteStore(path, { durability });
let answers: Answer[] = [];

function answer(id: number, result: unknown, error: string | null): void {
  // After everything that the same commit resolves, and before the next commit stops this thread again.
  if (answers.length === 0) process.nextTick(post);
  answers.push([id, result, error]);
}

function post(): void {
  const group = answers;
  answers = [];
  port.postMessage(encode(group, encoding));
}

port.on('message', (posted: readonly Call[] | string) => {
  for (const [id, verb, args] of decode(posted)) {
    // Types do not cross threads: the other side's have checked the arguments against the verb.
    const called: Promise<unknown> = Reflect.apply(store[verb], store, args);
    called.then(
      (result) => answer(id, result, null),
      (error: unknown) => answer(id, undefined, String(error)),
    );
  }
});
store.watch(() => port.postMessage('[]'));
port.postMessage('[]');
