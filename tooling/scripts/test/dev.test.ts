import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TemporaryDirectory, temporaryDirectory, until } from '@agentbus/testkit';
import { expect, test } from 'vitest';

const workspace = join(import.meta.dirname, '..', '..', '..');

/** An empty workspace with the real bootstrap in it. The pinned pnpm is the one that this workspace fetched. */
async function emptyWorkspace(): Promise<TemporaryDirectory> {
  const root = await temporaryDirectory();
  const pnpm = (await readdir(join(workspace, '.tools'))).find((name) => /^pnpm-[\d.]+$/.test(name));
  if (pnpm === undefined) throw new Error('The bootstrap has not fetched pnpm into .tools');
  await mkdir(root.join('tooling', 'scripts'), { recursive: true });
  await mkdir(root.join('.tools'));
  await mkdir(root.join('sub', 'directory'), { recursive: true });
  await symlink(join(workspace, '.tools', pnpm), root.join('.tools', pnpm));
  await copyFile(join(workspace, 'tooling', 'scripts', 'dev.mjs'), root.join('tooling', 'scripts', 'dev.mjs'));
  await writeFile(root.join('package.json'), JSON.stringify({ packageManager: pnpm.replace('pnpm-', 'pnpm@') }));
  await writeFile(root.join('pnpm-workspace.yaml'), 'packages: []\npmOnFail: ignore\n');
  await writeFile(root.join('pnpm-lock.yaml'), "lockfileVersion: '9.0'\nimporters:\n  .: {}\n");
  return root;
}

function bootstrap(root: TemporaryDirectory, args: string[], options: SpawnOptions = {}): ChildProcess {
  const { INIT_CWD: _, ...env } = process.env;
  return spawn(process.execPath, [root.join('tooling', 'scripts', 'dev.mjs'), ...args], {
    cwd: root.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env: { ...env, ...options.env },
  });
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  if (child.stdout === null || child.stderr === null) throw new Error('stdout and stderr are piped');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

test('an unknown task ends with exit code 1 and the list of tasks', async () => {
  await using root = await emptyWorkspace();
  const { code, stderr } = await outcome(bootstrap(root, ['tset']));
  expect(code).toBe(1);
  expect(stderr).toContain('There is no task "tset". Tasks: start, test, ');
});

test('the exit code of a task is the exit code of the bootstrap, which adds nothing to the output', async () => {
  await using root = await emptyWorkspace();
  await outcome(bootstrap(root, ['exec', 'node', '--version']));
  expect(await outcome(bootstrap(root, ['exec', 'node', '-e', 'console.log("done"); process.exit(7)']))).toEqual({
    code: 7,
    stdout: 'done\n',
    stderr: '',
  });
});

test('a command that does not exist is named', async () => {
  await using root = await emptyWorkspace();
  const { code, stderr } = await outcome(bootstrap(root, ['exec', 'no-such-program']));
  expect(code).toBe(1);
  expect(stderr).toContain('no-such-program could not be started');
});

test('a task runs where its caller stands, also when npm has moved to the root', async () => {
  await using root = await emptyWorkspace();
  const print = ['exec', 'node', '-p', 'process.cwd()'];
  const sub = root.join('sub', 'directory');
  expect((await outcome(bootstrap(root, print, { cwd: sub, env: { INIT_CWD: '/' } }))).stdout).toBe(`${sub}\n`);
  expect((await outcome(bootstrap(root, print, { env: { INIT_CWD: sub } }))).stdout).toBe(`${sub}\n`);
  expect((await outcome(bootstrap(root, print))).stdout).toBe(`${root.path}\n`);
});

test('a signal reaches the task, which decides how to end', async () => {
  await using root = await emptyWorkspace();
  const program = "process.on('SIGTERM', () => process.exit(42)); console.log('ready'); setInterval(() => {}, 1000);";
  const child = bootstrap(root, ['exec', 'node', '-e', program]);
  if (child.stdout === null) throw new Error('stdout is piped');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([42, null]);
});

test('a task that a signal ends makes the exit code that a shell would make of it', async () => {
  await using root = await emptyWorkspace();
  const { code } = await outcome(bootstrap(root, ['exec', 'node', '-e', "process.kill(process.pid, 'SIGKILL')"]));
  expect(code).toBe(137);
});

test('the lock of a bootstrap that is gone is taken over, and none is left behind', async () => {
  await using root = await emptyWorkspace();
  const { pid } = spawnSync(process.execPath, ['--version']);
  await writeFile(root.join('.tools', 'lock'), String(pid));
  expect((await outcome(bootstrap(root, ['exec', 'node', '--version']))).code).toBe(0);
  expect((await readdir(root.join('.tools'))).filter((name) => name.startsWith('lock'))).toEqual([]);
});

test('a bootstrap waits while another one installs', async () => {
  await using root = await emptyWorkspace();
  await using holder = holdOpen();
  await writeFile(root.join('.tools', 'lock'), String(holder.pid));
  const waiting = bootstrap(root, ['exec', 'node', '--version']);
  if (waiting.stderr === null) throw new Error('stderr is piped');
  const [line] = await once(waiting.stderr, 'data');
  expect(String(line)).toContain('Waiting for another install');
  expect(existsSync(root.join('node_modules'))).toBe(false);
  await holder[Symbol.asyncDispose]();
  expect(await once(waiting, 'close')).toEqual([0, null]);
});

test('eight bootstraps at once all run their task', async () => {
  await using root = await emptyWorkspace();
  const outcomes = Array.from({ length: 8 }, (_, n) => outcome(bootstrap(root, ['exec', 'node', '-p', String(n)])));
  expect((await Promise.all(outcomes)).map(({ code, stdout }) => [code, stdout])).toEqual(
    Array.from({ length: 8 }, (_, n) => [0, `${n}\n`]),
  );
});

/** A process that runs until it is disposed. */
function holdOpen(): AsyncDisposable & { readonly pid: number | undefined } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await until(() => child.signalCode !== null, 'the holder of the lock has ended');
    },
  };
}
