import { isUtf8 } from 'node:buffer';
import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { BusError } from '@agentbus/core';
import type { SourceFile } from './format.ts';

/** A file or directory that is there but could not be read, and why. */
export interface UnreadableFile {
  readonly path: string;
  readonly unreadable: string;
}

/** Something in the tree that is never read, and why: a symbolic link, a pipe, a version control directory. */
export interface SkippedFile {
  readonly path: string;
  readonly ignored: string;
}

/** What {@link walkMailboxes} may be told. */
export interface WalkOptions {
  /** Larger files are reported as unreadable. Default 64 MiB: one file is in memory at a time, but several times over. */
  readonly maxFileBytes?: number;
}

/**
 * Yields everything in a tree exactly once, in byte order of the names, reading one file at a time when it is asked for.
 * Nothing is written or touched.
 *
 * Symbolic links are not followed: what they lead to is read where it lies if that is inside the root, and not at all
 * if it is outside. A directory that turns up twice, by a mount into itself, is read once.
 *
 * ```ts
 * for await (const found of walkMailboxes('./agent_mailboxes')) {
 *   if ('bytes' in found) console.log(found.path, readMailboxFile(found).kind);
 * }
 * ```
 *
 * @throws BusError `invalid_option` when the root is no directory that can be read.
 */
export async function* walkMailboxes(
  root: string,
  { maxFileBytes = 64 * 1024 * 1024 }: WalkOptions = {},
): AsyncGenerator<SourceFile | UnreadableFile | SkippedFile> {
  const base = await openRoot(root);
  const seen = new Set<string>();
  const waiting: Found[] = [{ path: '', absolute: Buffer.from(base) }];
  for (let found = waiting.pop(); found !== undefined; found = waiting.pop()) {
    const { path, absolute } = found;
    try {
      const stats = await lstat(absolute, { bigint: false });
      if (!stats.isDirectory()) yield await readEntry(found, stats, base, maxFileBytes);
      else if (path !== '' && /^(?:\.git|\.hg|\.svn|node_modules)$/.test(path.slice(path.lastIndexOf('/') + 1))) {
        yield { path, ignored: 'version control or installed packages' };
      } else if (seen.has(`${stats.dev}:${stats.ino}`)) yield { path, ignored: 'directory that was read before' };
      else {
        seen.add(`${stats.dev}:${stats.ino}`);
        const names = await readdir(absolute, { encoding: 'buffer' });
        // A stack: what comes first has to be put on it last.
        names.sort((one, other) => Buffer.compare(other, one));
        waiting.push(...names.map((name) => childOf(found, name)));
      }
    } catch (error) {
      yield { path, unreadable: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Something found: its path as shown, and as the file system spells it, which need not be UTF-8. */
interface Found {
  readonly path: string;
  readonly absolute: Buffer;
}

function childOf(parent: Found, name: Buffer): Found {
  const shown = isUtf8(name) ? name.toString('utf8') : name.toString('latin1').replace(/[\x80-\xFF]/g, escapeByte);
  return {
    path: parent.path === '' ? shown : `${parent.path}/${shown}`,
    absolute: Buffer.concat([parent.absolute, Buffer.from(sep), name]),
  };
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16)}`;
}

async function openRoot(root: string): Promise<string> {
  try {
    const path = await realpath(root);
    await readdir(path);
    return path;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BusError('invalid_option', `${root} is no directory that can be read: ${why}`, { cause });
  }
}

async function readEntry(
  { path, absolute }: Found,
  stats: Stats,
  base: string,
  maxFileBytes: number,
): Promise<SourceFile | UnreadableFile | SkippedFile> {
  if (stats.isSymbolicLink()) return { path, ignored: await describeLink(absolute, base) };
  if (!stats.isFile()) return { path, ignored: 'no regular file' };
  // Not following and not waiting, in case the file is replaced by a link or a pipe this very moment.
  const file = await open(absolute, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const { size, mtimeMs } = await file.stat();
    if (size > maxFileBytes) {
      return {
        path,
        unreadable: `it has ${size} bytes, more than the ${maxFileBytes} that are read of one file; split it`,
      };
    }
    return { path, bytes: await file.readFile(), modifiedAt: Math.floor(mtimeMs) };
  } finally {
    await file.close();
  }
}

async function describeLink(absolute: Buffer, base: string): Promise<string> {
  try {
    const target = await realpath(absolute);
    const inside = target === base || target.startsWith(base + sep);
    return inside ? 'symbolic link; its target is read where it lies' : 'symbolic link out of the tree';
  } catch {
    return 'dangling symbolic link';
  }
}
