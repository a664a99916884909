import { BusError, type Store } from '@agentbus/core';
import type { Environment } from '@agentbus/store-url';
import { importMailboxes } from './import.ts';
import { assertMailboxRoot } from './mailbox-root.ts';
import type { OnProgress } from './progress.ts';
import { type ReadingFlags, readingWords, readOptionsOf } from './reading-flags.ts';
import { paintFor } from './report/paint.ts';
import { createProgressLine } from './report/progress-line.ts';
import { type SummaryOf, summaryReport } from './report/summary-report.ts';
import { verifyReport } from './report/verify-report.ts';
import { shellWord, visible } from './report/visible.ts';
import { scanMailboxes } from './scan.ts';
import { chooseStore, type StoreChoice } from './store-choice.ts';
import type { ImportSummary } from './summary.ts';
import { verifyImport } from './verify/verify-import.ts';

/** The process around a command. */
export interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Environment;
}

/** What the process ends with; 3 is for `scan` and `import`, done but with quarantined entries. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Flags of every command. */
export interface ScanFlags extends ReadingFlags {
  readonly json?: boolean;
}

/** Flags of `verify`. */
export interface VerifyFlags extends ScanFlags {
  readonly store?: string;
}

/** Flags of `import`. */
export interface ImportFlags extends VerifyFlags {
  readonly dryRun?: boolean;
  readonly resume?: boolean;
}

/** `scan DIR` */
export async function runScan(root: string, flags: ScanFlags, around: Surroundings): Promise<ExitCode> {
  const summary = await withProgress(around, (onProgress) =>
    scanMailboxes(root, { ...readOptionsOf(flags), onProgress }),
  );
  return showSummary(summary, 'scan', ['import', root, ...readingWords(flags)], flags, around);
}

/** `import DIR` */
export async function runImport(root: string, flags: ImportFlags, around: Surroundings): Promise<ExitCode> {
  await assertMailboxRoot(root);
  const choice = await chooseStore(flags.store, root, around.env);
  if (flags.dryRun === true) return runDryRun(root, choice, flags, around);
  const resume = flags.resume === true;
  if (choice.absent && resume) {
    throw new BusError(
      'invalid_option',
      `There is nothing to resume: the store ${choice.url} does not exist. Check its name, or leave --resume out to begin.`,
    );
  }
  await using store = disposable(await choice.open());
  if (choice.absent) around.stderr.write(`Created the store ${choice.url}\n`);
  const summary = await withProgress(around, (onProgress) =>
    importMailboxes(root, store, { ...readOptionsOf(flags), resume, onProgress }),
  );
  return showSummary(summary, 'import', ['verify', ...sameTree(root, choice, flags)], flags, around);
}

async function runDryRun(
  root: string,
  choice: StoreChoice,
  flags: ImportFlags,
  around: Surroundings,
): Promise<ExitCode> {
  // Opening a store that does not exist would make it, and there is nothing to compare with.
  await using store = choice.absent ? undefined : disposable(await choice.open());
  const { root: scanned, ...counts } = await withProgress(around, (onProgress) =>
    scanMailboxes(root, { ...readOptionsOf(flags), ...(store === undefined ? {} : { store }), onProgress }),
  );
  const summary = { root: scanned, store: choice.url, ...counts };
  return showSummary(summary, 'dry-run', ['import', ...sameTree(root, choice, flags)], flags, around);
}

/** `verify DIR` */
export async function runVerify(root: string, flags: VerifyFlags, around: Surroundings): Promise<ExitCode> {
  await assertMailboxRoot(root);
  const choice = await chooseStore(flags.store, root, around.env);
  if (choice.absent) {
    throw new BusError(
      'store_failed',
      `There is no store ${choice.url}, so nothing of ${root} is on it. Check its name.`,
    );
  }
  await using store = disposable(await choice.open());
  const report = await withProgress(around, (onProgress) =>
    verifyImport(root, store, { ...readOptionsOf(flags), onProgress }),
  );
  const next = commandLine(['import', ...sameTree(root, choice, flags)], around);
  around.stdout.write(
    flags.json ? `${JSON.stringify(report)}\n` : verifyReport(report, next, paintFor(around.stdout, around.env)),
  );
  return report.problems.length === 0 ? 0 : 1;
}

/** Says on stderr why a command failed, with `--json` also as an object on stdout, and returns its exit code. */
export function reportFailure(error: unknown, json: boolean, around: Surroundings): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof BusError ? error.code : 'failed';
  around.stderr.write(`${visible(message)}\n`);
  if (json) showError(code, message, around);
  return code === 'invalid_option' || code === 'unsupported' ? 2 : 1;
}

/** With `--json` there is an object on stdout whatever happens. */
export function showError(code: string, message: string, { stdout }: Surroundings): void {
  stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
}

async function withProgress<Result>(
  { stderr }: Surroundings,
  work: (onProgress: OnProgress) => Promise<Result>,
): Promise<Result> {
  const line = createProgressLine(stderr);
  try {
    return await work(line.onProgress);
  } finally {
    line.clear();
  }
}

function showSummary(
  summary: ImportSummary,
  of: SummaryOf,
  next: readonly string[],
  { json }: ScanFlags,
  around: Surroundings,
): ExitCode {
  const paint = paintFor(around.stdout, around.env);
  around.stdout.write(
    json ? `${JSON.stringify(summary)}\n` : summaryReport(summary, of, commandLine(next, around), paint),
  );
  return summary.entries.quarantined > 0 ? 3 : 0;
}

/** The words that make another command work on the same tree and store, and read it in the same way. */
function sameTree(root: string, { url }: StoreChoice, flags: ReadingFlags): string[] {
  return [root, '--store', url, ...readingWords(flags)];
}

function disposable(store: Store): Store & AsyncDisposable {
  return { ...store, [Symbol.asyncDispose]: () => store.close() };
}

/** The command as the person would type it, from a checkout through npm. */
function commandLine(words: readonly string[], { env }: Surroundings): string {
  const viaNpm = env.npm_lifecycle_event === 'mailbox-import';
  return [viaNpm ? 'npm run mailbox-import --' : 'mailbox-import', ...words.map(shellWord)].join(' ');
}
