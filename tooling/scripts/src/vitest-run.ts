import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLeftOut, type LeftOut } from '@agentbus/testkit';
import { finalTotals, type Totals, totalsLine } from './totals.ts';

/** What to run: the Node to run it with, the workspace, and vitest's own arguments (file filters, `--project`, …). */
export interface VitestRun {
  readonly node: string;
  readonly directory: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs vitest, then prints what was left out and, last, the totals. Resolves with the exit code to end with.
 *
 * `AGENTBUS_REQUIRE_ALL=1` makes a suite left out for want of a program a failure: where programs can be installed, a
 * missing one hides tests.
 */
export async function runVitest({ node, directory, args, env }: VitestRun): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'agentbus-run-'));
  try {
    const totalsFile = join(scratch, 'totals.json');
    const leftOutFile = join(scratch, 'left-out');
    const vitest = join(directory, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', `--reporter=${join(import.meta.dirname, 'totals-reporter.ts')}`];
    const child = spawn(node, [vitest, 'run', '--allowOnly=false', ...reporters, ...args], {
      cwd: directory,
      env: { ...env, AGENTBUS_LEFT_OUT_FILE: leftOutFile, AGENTBUS_TOTALS_FILE: totalsFile },
      stdio: 'inherit',
    });
    // Ctrl-C reaches vitest by itself; a second one would make it stop at once, without a report.
    const forward = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);
    const [exitCode] = await once(child, 'close');
    process.off('SIGINT', forward).off('SIGTERM', forward);

    const leftOut = await readLeftOut(leftOutFile);
    for (const line of new Set(leftOut.map(describeLeftOut))) console.log(line);
    const fatal = process.env.AGENTBUS_REQUIRE_ALL === '1' && leftOut.some((entry) => 'tool' in entry);
    if (fatal) console.log('AGENTBUS_REQUIRE_ALL=1: the programs named above have to be installed.');
    const totals = finalTotals(await readTotals(totalsFile), exitCode);
    console.log(totalsLine(totals));
    return totals.failed > 0 || fatal ? 1 : 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readTotals(file: string): Promise<Totals | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Totals;
  } catch {
    // vitest ended before it could report; it has said why.
    return undefined;
  }
}

async function readLeftOut(file: string): Promise<LeftOut[]> {
  const lines = await readFile(file, 'utf8').catch(() => '');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LeftOut);
}
