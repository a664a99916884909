import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { typeScriptArgs } from '@agentbus/testkit';

/** What `mailbox-import import --json` prints, as far as it is shown here. */
export interface ImportSummary {
  readonly root: string;
  readonly files: {
    readonly total: number;
    readonly messages: number;
    readonly ignored: number;
    readonly quarantined: number;
    readonly duplicates: number;
  };
  readonly entries: {
    readonly total: number;
    readonly imported: number;
    readonly duplicates: number;
    readonly quarantined: number;
  };
  readonly states: { readonly pending: number; readonly acked: number };
  readonly formats: Readonly<Record<string, number>>;
  readonly mailboxes: Readonly<Record<string, { readonly pending: number; readonly acked: number }>>;
  readonly recovered: number;
  readonly quarantine: readonly { readonly path: string; readonly entry?: number; readonly reason: string }[];
  readonly elapsedMs: number;
}

/** Puts the mailboxes below `directory` on the bus, as everybody does: with the command. */
export async function importMailboxes(directory: string, store: string, signal: AbortSignal): Promise<ImportSummary> {
  const { code, output } = await mailboxImport(['import', directory, '--store', store, '--json'], signal);
  // 3: done, and something was quarantined.
  if (code !== 0 && code !== 3) throw new Error(`mailbox-import import ended with exit code ${code}.\n${output}`);
  const summary: ImportSummary = JSON.parse(output);
  return summary;
}

/** Has it proved, by a second and independent reading, that every entry is on the bus or kept as unreadable. */
export async function verifyImport(directory: string, store: string, signal: AbortSignal): Promise<void> {
  const { code, output } = await mailboxImport(['verify', directory, '--store', store], signal);
  if (code !== 0) throw new Error(`mailbox-import verify ended with exit code ${code}.\n${output}`);
}

async function mailboxImport(
  words: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const program = new URL('../../../apps/migrator/src/main.ts', import.meta.url);
  const child = spawn(process.execPath, [...typeScriptArgs(program), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  // Told at once when the signal aborts; but the child may write until it is really gone.
  child.on('error', () => {});
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  signal.throwIfAborted();
  const code = child.exitCode;
  return { code, output: code === 0 || code === 3 ? output : complaint || output };
}
