import { resolve } from 'node:path';
import { BusError } from '@agentbus/core';
import { closestWord } from './closest-word.ts';

/** What a store URL says, checked and with an absolute path. */
export type StoreAddress = { readonly scheme: 'memory' } | SqliteAddress;

interface SqliteAddress {
  readonly scheme: 'sqlite';
  readonly path: string;
  /** Undefined where the URL leaves it to the store. */
  readonly durability: Durability | undefined;
}

type Durability = (typeof durabilities)[number];

const durabilities = ['full', 'relaxed'] as const;
const supported =
  'Supported in this version: sqlite:./bus.db (one file, any number of processes), memory: (this process).';
/** Other names by which people know the two stores. */
const aliases: Readonly<Record<string, string>> = {
  sqlite: 'sqlite',
  sqlite3: 'sqlite',
  file: 'sqlite',
  memory: 'memory',
};

/**
 * Reads a store URL; a relative path is taken from `baseDirectory`.
 *
 * @throws BusError `invalid_option` for anything that is no store URL, `unsupported` for a store of a later version.
 */
export function parseStoreUrl(url: string, baseDirectory: string): StoreAddress {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]+):(.*)$/is.exec(url) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      return parseSqlite(url, rest, baseDirectory);
    case 'memory':
      if (rest !== '') throw refuse(url, 'memory: takes nothing after the colon. Write "memory:".');
      return { scheme: 'memory' };
    case 'nats':
      throw new BusError('unsupported', `There is no store for nats: URLs in this version. ${supported}`);
    case '':
      throw refuse(
        url,
        `it has no scheme. ${url === '' ? '' : `For a SQLite file write "sqlite:${url}". `}${supported}`,
      );
    default:
      throw refuse(url, `the scheme "${scheme}" is unknown. ${suggestScheme(scheme, rest)}${supported}`);
  }
}

/** Writes an address as the URL that {@link parseStoreUrl} reads as the same address, wherever it is read. */
export function formatStoreUrl(address: StoreAddress): string {
  if (address.scheme === 'memory') return 'memory:';
  const path = address.path.replaceAll('%', '%25').replaceAll('?', '%3F');
  return `sqlite:${path}${address.durability === undefined ? '' : `?durability=${address.durability}`}`;
}

function parseSqlite(url: string, rest: string, baseDirectory: string): SqliteAddress {
  const at = rest.indexOf('?');
  const written = at === -1 ? rest : rest.slice(0, at);
  const path = decodePath(url, written.startsWith('///') ? written.slice(2) : written);
  if (path === '') throw refuse(url, 'the path of the file is missing. Write for instance "sqlite:./bus.db".');
  if (path === ':memory:') throw refuse(url, 'a store in memory is written "memory:".');
  if (path.startsWith('//')) {
    const inner = path.slice(2);
    throw refuse(
      url,
      `after "//" a URL names a host, and SQLite has none. Write "sqlite:${inner}" for a path under this directory or "sqlite:/${inner}" for an absolute one.`,
    );
  }
  if (/^~[/\\]/.test(path)) {
    throw refuse(url, '"~" is expanded by the shell alone, and not here. Write "sqlite:$HOME/..." or the whole path.');
  }
  if (/[/\\]$/.test(path)) throw refuse(url, `it names a directory. Write "sqlite:${path}bus.db".`);
  return { scheme: 'sqlite', path: resolve(baseDirectory, path), durability: parseOptions(url, at, rest) };
}

function decodePath(url: string, path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw refuse(
      url,
      'a "%" in the path must be followed by two hexadecimal digits. Write "%25" for "%" itself.',
      cause,
    );
  }
}

function parseOptions(url: string, at: number, rest: string): Durability | undefined {
  if (at === -1) return undefined;
  const options = [...new URLSearchParams(rest.slice(at + 1))];
  const choices = `durability=${durabilities.join(' or durability=')}`;
  for (const [name] of options) {
    if (name === 'durability') continue;
    const meant = closestWord(name, ['durability']) === undefined ? '' : 'Did you mean "durability"? ';
    throw refuse(
      url,
      `sqlite: has no option "${name}". ${meant}There is ${choices}. A "?" in a path is written "%3F".`,
    );
  }
  if (options.length > 1) throw refuse(url, 'durability is given more than once.');
  const [first] = options;
  if (first === undefined) return undefined;
  const durability = durabilities.find((name) => name === first[1]);
  if (durability === undefined) throw refuse(url, `durability "${first[1]}" is unknown. There is ${choices}.`);
  return durability;
}

function suggestScheme(scheme: string, rest: string): string {
  const known = closestWord(scheme.toLowerCase(), Object.keys(aliases));
  const meant = known === undefined ? undefined : aliases[known];
  return meant === undefined ? '' : `Did you mean "${meant}:${meant === 'memory' ? '' : rest}"? `;
}

function refuse(url: string, why: string, cause?: unknown): BusError {
  // URLs of other systems carry passwords, and messages end up in logs.
  const shown = JSON.stringify(url.replace(/\/\/[^/@]*@/, '//***@'));
  return new BusError('invalid_option', `${shown} is no store URL: ${why}`, { cause });
}
