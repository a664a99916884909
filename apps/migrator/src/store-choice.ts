import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { BusError, type Store } from '@agentbus/core';
import { callerDirectory, defaultStoreUrl, type Environment, openStore, resolveStoreUrl } from '@agentbus/store-url';

/** The store that a command works with, known before it is opened. */
export interface StoreChoice {
  /** Independent of any directory. */
  readonly url: string;
  /** Whether the store would be made by opening it. */
  readonly absent: boolean;
  open(): Promise<Store>;
}

/**
 * Finds out which store is meant: `given`, else `AGENTBUS_STORE`, else `.agentbus/bus.db` where the person stands.
 *
 * Rejects with BusError `invalid_option` when it is no store URL, or when it lies within `root`, where writing it would
 * change the mailboxes.
 */
export async function chooseStore(given: string | undefined, root: string, env: Environment): Promise<StoreChoice> {
  const base = callerDirectory(env);
  if (given === '') throw new BusError('invalid_option', '--store is empty. Give a URL such as sqlite:./bus.db.');
  const url = given === undefined ? defaultStoreUrl(env, base) : resolveStoreUrl(given, base);
  const path = url.startsWith('sqlite:')
    ? decodeURIComponent(url.slice('sqlite:'.length).replace(/\?.*$/s, ''))
    : undefined;
  if (path !== undefined) await assertOutside(path, root);
  return {
    url,
    absent: path !== undefined && !existsSync(path),
    open: () => openStore(url, { baseDirectory: base }),
  };
}

async function assertOutside(path: string, root: string): Promise<void> {
  const way = relative(await realpath(root), await realPlace(path));
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return;
  throw new BusError(
    'invalid_option',
    `The store ${JSON.stringify(path)} would lie within the mailboxes ${JSON.stringify(root)}, which are never changed. ` +
      `Name one outside, for instance --store ${JSON.stringify(`sqlite:${join(dirname(root), 'bus.db')}`)}.`,
  );
}

/** Where a path leads once symbolic links are followed, whether or not anything is there yet. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), basename(path));
  }
}
