import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { describeLeftOut, leftOut, spawnTypeScript, temporaryDirectory, until } from '../src/index.ts';

test('a temporary directory is there while in use and gone with its content afterwards', async () => {
  let path: string;
  {
    await using directory = await temporaryDirectory();
    path = directory.path;
    await writeFile(directory.join('a'), 'content');
    expect(await readFile(directory.join('a'), 'utf8')).toBe('content');
  }
  expect(existsSync(path)).toBe(false);
});

test('a TypeScript file runs as a process of its own and imports a package from its sources', async () => {
  await using directory = await temporaryDirectory();
  const thing = directory.join('node_modules', 'thing');
  await mkdir(thing, { recursive: true });
  const exports = { 'agentbus-source': './source.mjs', default: './build.mjs' };
  await writeFile(join(thing, 'package.json'), JSON.stringify({ exports }));
  await writeFile(join(thing, 'source.mjs'), "export const from = 'sources';");
  await writeFile(join(thing, 'build.mjs'), "export const from = 'the build';");
  const main =
    "import { from } from 'thing';\nprocess.stdout.write([from, ...process.argv.slice(2)].join() as string);";
  await writeFile(directory.join('main.mts'), main);
  expect(await output(spawnTypeScript(directory.join('main.mts'), ['one', 'two words']))).toBe('sources,one,two words');
});

test('until resolves with the first truthy value and rejects naming what never came', async () => {
  let calls = 0;
  expect(await until(() => ++calls === 3 && 'three', 'the third call')).toBe('three');
  await expect(until(() => false, 'pigs fly', { timeoutMs: 20 })).rejects.toThrow('until pigs fly');
});

test('counts are the everyday ones, and the full ones under the deep run', async () => {
  expect(await countsUnder({})).toBe('10');
  expect(await countsUnder({ AGENTBUS_TEST_COUNTS: 'full' })).toBe('1000');
});

async function countsUnder(env: NodeJS.ProcessEnv): Promise<string> {
  const { AGENTBUS_TEST_COUNTS: _, ...rest } = process.env;
  return output(spawnTypeScript(new URL('./counts-process.ts', import.meta.url), [], { env: { ...rest, ...env } }));
}

/** What a child wrote to stdout by the time it ended well. */
async function output(child: ChildProcess): Promise<string> {
  const exit = once(child, 'exit');
  if (child.stdout === null) throw new Error('stdout is piped by default');
  const written = await text(child.stdout);
  expect(await exit).toEqual([0, null]);
  return written;
}

test('what is left out is written to the file that the run collects it in, one entry a line', async () => {
  await using directory = await temporaryDirectory();
  vi.stubEnv('AGENTBUS_LEFT_OUT_FILE', directory.join('left-out'));
  try {
    leftOut('the JetStream store', { tool: 'nats-server' });
    leftOut('the real mailboxes', { data: 'mailboxes' });
  } finally {
    vi.unstubAllEnvs();
  }
  const lines = (await readFile(directory.join('left-out'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => describeLeftOut(JSON.parse(line)))).toEqual([
    'Left out: the JetStream store (no nats-server on this machine)',
    'Left out: the real mailboxes (mailboxes is absent)',
  ]);
});
