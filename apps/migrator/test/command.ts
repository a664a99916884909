import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { spawnTypeScript } from '@agentbus/testkit';

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mailbox-import` as a process of its own. */
export async function mailboxImport(
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  // What the test run itself was told must not reach the command.
  const {
    AGENTBUS_STORE: _,
    INIT_CWD: __,
    npm_package_json: ___,
    npm_lifecycle_event: ____,
    ...inherited
  } = process.env;
  const child = spawnTypeScript(new URL('../src/main.ts', import.meta.url), [...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.stdout === null || child.stderr === null) throw new Error('The command has no output streams.');
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code: child.exitCode, stdout, stderr };
}
