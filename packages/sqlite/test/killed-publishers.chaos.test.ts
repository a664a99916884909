import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Store } from '@agentbus/core';
import {
  counts,
  isDeepRun,
  spawnTypeScript,
  type TemporaryDirectory,
  temporaryDirectory,
  until,
} from '@agentbus/testkit';
import { expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { bodyOf } from './drafts.ts';
import { openStore } from './open-store.ts';

const kills = 20;
const rounds = counts(1, 20);
const timeoutMs = isDeepRun ? 1_800_000 : 240_000;

interface Diary {
  /** The sizes of the batches that were begun, by number. */
  readonly tried: ReadonlyMap<number, number>;
  readonly done: readonly number[];
}

function readDiary(path: string): Diary {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  const words = lines.map((line) => line.split(' '));
  return {
    tried: new Map(words.filter(([verb]) => verb === 'try').map(([, batch, size]) => [Number(batch), Number(size)])),
    done: words.filter(([verb]) => verb === 'done').map(([, batch]) => Number(batch)),
  };
}

/** Lets a publisher work until it has reported so many publishes, and kills it wherever it then is. */
async function publishUntilKilled(path: string, diary: string, name: string, reports: number): Promise<void> {
  const child = spawnTypeScript(new URL('./publisher-process.ts', import.meta.url), [path, diary, name]);
  const exited = once(child, 'exit');
  await until(() => child.exitCode !== null || readDiary(diary).done.length >= reports, `${name} has published`);
  child.kill('SIGKILL');
  expect((await exited)[1], `${name} died of the kill`).toBe('SIGKILL');
}

/** What of a publisher's work is lost, half there, altered or invented. */
function findFaults(name: string, { tried, done }: Diary, stored: ReadonlyMap<string, string>): string[] {
  const faults: string[] = [];
  const found = new Map<number, number>();
  for (const [id, body] of stored) {
    const [publisher, batch, n] = id.split('.');
    if (publisher !== name) continue;
    const size = tried.get(Number(batch)) ?? 0;
    if (Number(n) >= size) faults.push(`invented: ${id}`);
    if (body !== bodyOf(id)) faults.push(`altered: ${id}`);
    found.set(Number(batch), (found.get(Number(batch)) ?? 0) + 1);
  }
  for (const [batch, count] of found) {
    const size = tried.get(batch);
    if (count !== size) faults.push(`batch ${name}.${batch}: ${count} of ${size}`);
  }
  for (const batch of done) if (!found.has(batch)) faults.push(`lost: ${name}.${batch}`);
  return faults;
}

/** One file, and publishers that die on it one after the other and two at a time. */
async function killPublishers(directory: TemporaryDirectory, round: number): Promise<void> {
  const path = directory.join(`bus-${round}.db`);
  const names: string[] = [];
  const diaryOf = (name: string): string => directory.join(`${round}-${name}.txt`);
  while (names.length < kills) {
    // Alone, so that the next to open has to recover; then two at a time, so that one dies beside a living one.
    const together = names.length % 3 === 0 ? 1 : 2;
    const dying = Array.from({ length: together }, (_, n) => `p${names.length + n}`);
    names.push(...dying);
    await Promise.all(
      dying.map((name) => publishUntilKilled(path, diaryOf(name), name, 1 + Math.floor(Math.random() * 120))),
    );
    await using store = await openStore(path);
    const stored = await readBodies(store);
    const faults = names.flatMap((name) => findFaults(name, readDiary(diaryOf(name)), stored));
    expect(faults, `after ${names.length} kills`).toEqual([]);
    expect([...stored.keys()].filter((id) => !names.includes(id.split('.')[0] ?? ''))).toEqual([]);
  }
  expect(auditFile(path)).toEqual([]);
}

it(
  `I1, I2, I3: ${rounds * kills} kills of publishers lose no resolved publish, halve no batch and alter nothing`,
  async () => {
    await using directory = await temporaryDirectory();
    for (let round = 0; round < rounds; round += 1) await killPublishers(directory, round);
  },
  timeoutMs,
);

async function readBodies(store: Store): Promise<ReadonlyMap<string, string>> {
  const bodies = new Map<string, string>();
  for (let afterSeq = 0; ; ) {
    const page = await store.read({ afterSeq, limit: 5_000 });
    for (const { record } of page) bodies.set(record.id, record.body);
    const last = page.at(-1);
    if (last === undefined) return bodies;
    afterSeq = last.seq;
  }
}
