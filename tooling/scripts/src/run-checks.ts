// npm run check: everything about the code that a machine can judge without running it. `npm run check -- types lint`
// runs the named steps only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

type Command = readonly [program: string, ...args: string[]];

const steps: Readonly<Record<string, readonly Command[]>> = {
  lint: [['biome', 'check', '--error-on-warnings', '.']],
  types: [
    ['tsc', '--project', '.'],
    ['tsc', '--project', 'tsconfig.declarations.json'],
    ['tsc', '--project', 'tooling/scripts'],
  ],
  structure: [['node', 'tooling/checks/src/main.ts']],
  unused: [['knip', '--no-config-hints']],
  exports: [
    ['turbo', 'run', 'build', '--continue'],
    ['node', 'tooling/checks/src/published.ts'],
  ],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(`There is no check "${unknown.join('", "')}". Checks: ${Object.keys(steps).join(', ')}.`);
  process.exit(2);
}

const failed: string[] = [];
for (const [name, commands] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const complaint = await firstComplaint(commands);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${complaint === undefined ? '✓' : '✗'} ${name.padEnd(10)} ${seconds} s`);
  if (complaint === undefined) continue;
  failed.push(name);
  console.log(complaint.replace(/^/gm, '  '));
}
console.log(failed.length === 0 ? 'All checks passed' : `Failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** What the first command that fails has to say; the ones after it do not run. */
async function firstComplaint(commands: readonly Command[]): Promise<string | undefined> {
  for (const [program, ...args] of commands) {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    const [code] = await once(child, 'close');
    if (code !== 0) return Buffer.concat(output).toString().trimEnd();
  }
  return undefined;
}
