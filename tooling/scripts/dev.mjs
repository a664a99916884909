// The bootstrap behind every root script: it brings what a bare machine lacks (the pinned pnpm, the dependencies and,
// for an older Node, Node 24 from the npm registry) and hands over to the task. Only Node itself may be imported here.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
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

/**
 * The machine's own Node. npm puts node_modules/.bin first on PATH, so that once Node 24 is installed there, it is the
 * one that runs this file.
 */
function hostNode() {
  const running = { path: process.execPath, version: process.versions.node };
  const own = (/** @type {string} */ path) => path.startsWith(join(root, 'node_modules') + sep);
  if (!own(running.path)) return running;
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, 'node');
    if (!existsSync(candidate) || own(realpathSync(candidate))) continue;
    const { stdout, status } = spawnSync(candidate, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    if (status === 0) return { path: realpathSync(candidate), version: stdout.trim() };
  }
  return running;
}

const [name = '', ...rest] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
if (task === undefined) fail(`There is no task "${name}". Tasks: ${Object.keys(tasks).join(', ')}.`);
const host = hostNode();
if (!atLeast(host.version, 20, 19)) fail(`AgentBus needs Node 20.19 or newer; this is ${host.version}.`);

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const pnpmVersion = manifest.packageManager.replace(/^pnpm@/, '');
const pnpmHome = join(root, '.tools', `pnpm-${pnpmVersion}`);
const bins = { pnpm: join(pnpmHome, 'node_modules', '.bin'), workspace: join(root, 'node_modules', '.bin') };
// better-sqlite3 13 needs Node 22.14. Where the machine's Node has it, its directory goes first, so that it is really
// the one that runs; else the Node 24 among the dependencies does.
const modern = atLeast(host.version, 22, 14);
const prefix = join(dirname(host.path), '..');
const headers = existsSync(join(prefix, 'include', 'node', 'node.h'));

/** @type {NodeJS.ProcessEnv} */
const env = {
  ...process.env,
  PATH: [bins.pnpm, ...(modern ? [dirname(host.path)] : []), bins.workspace, process.env.PATH ?? ''].join(delimiter),
  INIT_CWD: callerDirectory,
  AGENTBUS_HOST_NODE: host.path,
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
  const forward = (signal) => {
    // Ctrl-C reaches every process of the terminal by itself; a second one would make the child stop at once.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
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
 * Lets one bootstrap at a time install; the others wait. The lock is a file that names its holder, linked into place so
 * that it never exists without its content; one whose holder is gone is removed.
 */
async function lock() {
  const file = join(root, '.tools', 'lock');
  const mine = `${file}-${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(mine, String(process.pid));
  const unlock = () => rmSync(file, { force: true });
  try {
    for (let waitedMs = 0; ; waitedMs += 100) {
      try {
        linkSync(mine, file);
        process.on('exit', unlock);
        break;
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      }
      if (isHeld(file)) {
        if (waitedMs === 1_000) console.error('Waiting for another install in this checkout …');
        await new Promise((resolve) => setTimeout(resolve, 100));
      } else unlock();
    }
  } finally {
    rmSync(mine);
  }
  return () => {
    process.off('exit', unlock);
    unlock();
  };
}

/** @param {string} file */
function isHeld(file) {
  try {
    return isAlive(Number(readFileSync(file, 'utf8')));
  } catch {
    // Just given back: the next attempt to take it will tell.
    return true;
  }
}

async function install() {
  const unlock = await lock();
  if (!existsSync(join(bins.pnpm, 'pnpm'))) {
    const partial = `${pnpmHome}.partial`;
    rmSync(partial, { recursive: true, force: true });
    const args = ['install', '--prefix', partial, '--no-save', '--no-package-lock', `pnpm@${pnpmVersion}`];
    await step(`Fetching pnpm ${pnpmVersion} …`, 'npm', args);
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
    `Working on AgentBus needs Node 22.14 or newer here: this is ${host.version}, and none comes with the dependencies on ${process.platform}-${process.arch}.`,
  );
}
const { command, args, cwd = root } = task(rest);
const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
forwardSignals(child);
const { code, signal, error } = await ended(child);
if (error) fail(`${command} could not be started: ${error.message}`);
process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
