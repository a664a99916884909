import { type Clock, createMemoryStore, type Store } from '@agentbus/core';
import { parseStoreUrl } from './store-address.ts';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /** Where relative paths start. Default: the working directory of the process. */
  readonly baseDirectory?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Opens the store that a URL names, loading the driver of that store and of no other.
 *
 * - `sqlite:./bus.db`, `sqlite:/var/lib/agents/bus.db` (also with three slashes): one SQLite file, made when it does
 *   not exist, with its directory. `?durability=relaxed` trades the last moments before a power cut for speed; without
 *   it the store decides, and the SQLite store decides for `full`. `%` and `?` in a path are written `%25` and `%3F`.
 * - `memory:` a fresh store that ends with the process.
 *
 * Needs `better-sqlite3` installed for `sqlite:` only.
 *
 * ```ts
 * const bus = await openBus({ store: await openStore('sqlite:./bus.db'), source: 'planner' });
 * ```
 *
 * Rejects with BusError `invalid_option` when the URL is none of these, `unsupported` for a store that this version
 * does not have, and with whatever the store itself says when it cannot be opened.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const { baseDirectory = process.cwd(), ...rest } = options;
  const address = parseStoreUrl(url, baseDirectory);
  if (address.scheme === 'memory') return createMemoryStore(rest);
  const { openSqliteStore } = await import('@agentbus/sqlite');
  const { path, durability } = address;
  return openSqliteStore(path, { ...rest, ...(durability === undefined ? {} : { durability }) });
}
