import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Node's arguments that run a TypeScript file from its source, so that packages import each other's sources too.
 *
 * Node 24 strips the types itself. Older versions go through tsx: they lack type stripping, or (22) `await using`.
 */
export function typeScriptArgs(file: string | URL): string[] {
  const path = typeof file === 'string' && !file.startsWith('file:') ? file : fileURLToPath(file);
  const strips = Number(process.versions.node.split('.')[0]) >= 24;
  const loader = strips ? [] : ['--import', import.meta.resolve('tsx')];
  return ['--conditions=agentbus-source', ...loader, path];
}

/**
 * Starts a TypeScript file as a process of its own under the running Node.
 *
 * `file` is usually `new URL('./worker.ts', import.meta.url)`. stdin is closed and stderr is the test's own unless
 * `options.stdio` says otherwise, so that a child that dies says why.
 */
export function spawnTypeScript(file: string | URL, args: string[] = [], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, [...typeScriptArgs(file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
}
