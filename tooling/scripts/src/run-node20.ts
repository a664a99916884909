// npm run test:node20: the core, sqlite and delivery suites on the machine's own Node 20 with better-sqlite3 12, which
// is what people on Node 20 install. The workspace has better-sqlite3 13 (it crashes on Node 20), so the suites run in
// a copy with an install of its own. Compiling better-sqlite3 12 takes two to three minutes the first time.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runVitest } from './vitest-run.ts';

const betterSqlite3 = '12.11.1';
const projects = ['core', 'sqlite', 'delivery'];
const root = join(import.meta.dirname, '..', '..', '..');
const node = process.env.AGENTBUS_HOST_NODE ?? process.execPath;

const { stdout } = await promisify(execFile)(node, ['--version']);
const [major = 0, minor = 0] = stdout.slice(1).split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 14)) {
  console.log(
    `Left out: the suites on Node 20 (this machine runs Node ${stdout.trim()}, on which npm test ran them already)`,
  );
} else {
  const directory = await mkdtemp(join(tmpdir(), 'agentbus-node20-'));
  // Some tests run as another user, who has to be able to read the sources.
  await chmod(directory, 0o755);
  try {
    await copyWorkspace(directory);
    // Without node_modules/.bin on PATH, so that `node` is the machine's own for pnpm, node-gyp and the tests.
    const path = (process.env.PATH ?? '')
      .split(delimiter)
      .filter((part) => part !== join(root, 'node_modules', '.bin'));
    const env = { ...process.env, PATH: [dirname(node), ...path].join(delimiter) };
    console.log(`Installing better-sqlite3 ${betterSqlite3} for Node ${stdout.trim()} …`);
    const args = ['install', '--no-frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
    const install = spawn('pnpm', args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    install.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    install.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    const [code] = await once(install, 'close');
    if (code === 0) {
      process.exitCode = await runVitest({
        node,
        directory,
        args: [...projects.map((name) => `--project=${name}`), ...process.argv.slice(2)],
        env,
      });
    } else {
      process.stderr.write(Buffer.concat(output));
      console.log('0 passed, 1 failed');
      process.exitCode = 1;
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The workspace without what is installed or built in it, asking for better-sqlite3 12 and no Node of its own. */
async function copyWorkspace(target: string): Promise<void> {
  const left = new Set(['node_modules', 'dist', 'coverage', '.git', '.tools', '.turbo']);
  await cp(root, target, { recursive: true, filter: (path) => !left.has(basename(path)) || path === root });
  const manifest = JSON.parse(await readFile(join(target, 'package.json'), 'utf8'));
  delete manifest.optionalDependencies;
  await writeFile(join(target, 'package.json'), JSON.stringify(manifest));
  const workspace = await readFile(join(target, 'pnpm-workspace.yaml'), 'utf8');
  const compiled = workspace.replace(/^allowBuilds:$/m, 'allowBuilds:\n  better-sqlite3: true');
  await writeFile(join(target, 'pnpm-workspace.yaml'), `${compiled}\noverrides:\n  better-sqlite3: ${betterSqlite3}\n`);
}
