// The bootstrap behind every root script: it brings what a bare machine lacks (the pinned pnpm, the dependencies and,
// for an older Node, Node 24 from the npm registry) and hands over to the task. Only Node itself may be imported here.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
// npm runs scripts in the root and says in INIT_CWD where the caller stood. Anywhere else, INIT_CWD is another run's.
const callerDirectory = process.cwd() === root ? (process.env.INIT_CWD ?? root) : process.cwd();

/** @typedef {{ command: string, args: string[], cwd?: string }} Task */

/** @param {string} file @returns {string[]} */
const source = (file) => ['--conditions=agentbus-source', join(root, file)];

/** @type {Record<string, (args: string[]) => Task>} */
const tasks = {
  start: (args) => ({ command: 'node', args: [...source('tooling/demo/src/main.ts'), ...args], cwd: callerDirectory }),
  test: (args) => ({ command: 'node', args: [...source('tooling/scripts/src/run-tests.ts'), ...args] }),
  'test:deep': (args) => ({
    command: 'node',
    args: [...source('tooling/scripts/src/run-tests.ts'), '--deep', ...args],
  }),
  'test:node20': (args) => ({ command: 'node', args: [...source('tooling/scripts/src/run-node20.ts'), ...args] }),
  build: (args) => ({ command: 'turbo', args: ['run', 'build', ...args] }),
  check: (args) => ({ command: 'node', args: [...source('tooling/scripts/src/run-checks.ts'), ...args] }),
  bench: (args) => ({ command: 'node', args: [...source('tooling/bench/src/main.ts'), ...args] }),
  'mailbox-import': (args) => ({
    command: 'node',
    args: [...source('apps/migrator/src/main.ts'), ...args],
    cwd: callerDirectory,
  }),
  // For everything else: any command of node_modules/.bin, in the caller's directory, with the same Node and pnpm.
  exec: ([command = 'node', ...args]) => ({ command, args, cwd: callerDirectory }),
};

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/** @param {string} version @param {number} major @param {number} minor */
function atLeast(version, major, minor) {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

const [name = '', ...rest] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
if (task === undefined) fail(`There is no task "${name}". Tasks: ${Object.keys(tasks).join(', ')}.`);
if (!atLeast(process.versions.node, 20, 19)) {
  fail(`AgentBus needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const pnpmVersion = manifest.packageManager.replace(/^pnpm@/, '');
const pnpmHome = join(root, '.tools', `pnpm-${pnpmVersion}`);
const bins = { pnpm: join(pnpmHome, 'node_modules', '.bin'), workspace: join(root, 'node_modules', '.bin') };
// better-sqlite3 13 needs Node 22.14. Where the running Node has it, its directory goes first, so that a newer Node
// is really the one that runs; else the Node 24 among the dependencies does.
const modern = atLeast(process.versions.node, 22, 14);
const prefix = join(dirname(process.execPath), '..');
const headers = existsSync(join(prefix, 'include', 'node', 'node.h'));

/** @type {NodeJS.ProcessEnv} */
const env = {
  ...process.env,
  PATH: [bins.pnpm, ...(modern ? [dirname(process.execPath)] : []), bins.workspace, process.env.PATH ?? ''].join(
    delimiter,
  ),
  INIT_CWD: callerDirectory,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  ...(headers ? { npm_config_nodedir: prefix } : {}),
  // Some tools colour what they write into a pipe or a log file.
  ...(process.stdout.isTTY || process.env.FORCE_COLOR ? {} : { NO_COLOR: '1' }),
};

/**
 * Runs a step that should say nothing unless it takes time (then one line) or fails (then everything).
 * @param {string} line @param {string} command @param {string[]} args
 */
async function step(line, command, args) {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = /** @type {Buffer[]} */ ([]);
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const announcement = setTimeout(() => console.error(line), 1_500);
  const undo = forwardSignals(child);
  const { code, signal, error } = await ended(child);
  undo();
  clearTimeout(announcement);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  if (signal) process.exit(128 + constants.signals[signal]);
  fail(
    `${line.replace(/ …$/, '')} failed: ${command} ${args.join(' ')} ${error ? error.message : `ended with exit code ${code}`}.`,
  );
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, error?: Error }>}
 */
function ended(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, error }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

/** @param {import('node:child_process').ChildProcess} child @returns {() => void} */
function forwardSignals(child) {
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => child.kill(signal);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, forward);
  return () => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.off(signal, forward);
  };
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Lets one bootstrap at a time install; the others wait. A lock directory names its holder; one whose holder is gone
 * is moved aside by rename, which succeeds for one waiter only.
 */
async function lock() {
  const directory = join(root, '.tools', 'lock');
  const owner = join(directory, 'pid');
  mkdirSync(dirname(directory), { recursive: true });
  for (let waited = 0; ; waited += 100) {
    try {
      mkdirSync(directory);
      writeFileSync(owner, String(process.pid));
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (isStale(directory, owner)) {
      const aside = `${directory}-stale-${process.pid}`;
      try {
        renameSync(directory, aside);
        rmSync(aside, { recursive: true, force: true });
      } catch {
        // Another waiter was quicker.
      }
      continue;
    }
    if (waited === 3_000) console.error('Waiting for another install in this checkout …');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const unlock = () => rmSync(directory, { recursive: true, force: true });
  process.on('exit', unlock);
  return () => {
    process.off('exit', unlock);
    unlock();
  };
}

/** @param {string} directory @param {string} owner */
function isStale(directory, owner) {
  try {
    const pid = Number(readFileSync(owner, 'utf8'));
    if (pid > 0) return !isAlive(pid);
  } catch {
    // Not written yet, or already gone: judged by age.
  }
  try {
    return Date.now() - statSync(directory).mtimeMs > 10_000;
  } catch {
    return false;
  }
}

async function install() {
  const unlock = await lock();
  if (!existsSync(join(bins.pnpm, 'pnpm'))) {
    const partial = `${pnpmHome}.partial`;
    rmSync(partial, { recursive: true, force: true });
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const args = ['install', '--prefix', partial, '--no-save', '--no-package-lock', `pnpm@${pnpmVersion}`];
    await step(`Fetching pnpm ${pnpmVersion} …`, npm, args);
    rmSync(pnpmHome, { recursive: true, force: true });
    renameSync(partial, pnpmHome);
  }
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  await step('Installing dependencies …', join(bins.pnpm, 'pnpm'), args);
  unlock();
}

await install();
if (!modern && !existsSync(join(bins.workspace, 'node'))) {
  fail(
    `Working on AgentBus needs Node 22.14 or newer here: this is ${process.versions.node}, and none comes with the dependencies on ${process.platform}-${process.arch}.`,
  );
}
const { command, args, cwd = root } = task(rest);
const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
forwardSignals(child);
const { code, signal, error } = await ended(child);
if (error) fail(`${command} could not be started: ${error.message}`);
process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
