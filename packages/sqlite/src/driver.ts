import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BusError } from '@agentbus/core';
import type Database from 'better-sqlite3';

/** better-sqlite3 13 needs this version of Node's addon interface (Node 22.14), and crashes the process below it. */
const napiOfVersion13 = 10;
/** The first SQLite without the WAL-reset bug, which could lose committed transactions. */
const oldestSqlite = [3, 51, 3] as const;

/**
 * Loads better-sqlite3, which is a peer dependency because its versions serve different Nodes.
 *
 * @throws BusError `store_incompatible` when it is missing or would crash on this Node.
 */
export async function loadDriver(): Promise<typeof Database> {
  assertDriverFitsNode();
  const { default: driver } = await import('better-sqlite3');
  return driver;
}

function assertDriverFitsNode(): void {
  const major = Number(readDriverVersion().split('.')[0]);
  if (major >= 13 && Number(process.versions.napi) < napiOfVersion13) {
    throw new BusError(
      'store_incompatible',
      `better-sqlite3 ${major} does not run on Node ${process.versions.node}. Install better-sqlite3@12, or use Node 22.14 or newer.`,
    );
  }
}

function readDriverVersion(): string {
  const require = createRequire(import.meta.url);
  try {
    const manifest: { version: string } = JSON.parse(
      readFileSync(require.resolve('better-sqlite3/package.json'), 'utf8'),
    );
    return manifest.version;
  } catch (cause) {
    throw new BusError('store_incompatible', 'better-sqlite3 is not installed. Run: npm install better-sqlite3', {
      cause,
    });
  }
}

/** @throws BusError `store_incompatible` when SQLite is older than the fix of its WAL-reset bug. */
export function assertSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [index, least] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw new BusError(
        'store_incompatible',
        `SQLite ${version} can lose committed messages (WAL-reset bug); ${oldestSqlite.join('.')} is the oldest that is safe. Install better-sqlite3 12.8 or newer.`,
      );
    }
  }
}
