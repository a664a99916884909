import { readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  type FileReading,
  mailboxAround,
  type ReadOptions,
  readMailboxFile,
  type SkippedFile,
  type SourceFile,
  type UnreadableFile,
  walkMailboxes,
} from '@agentbus/mailbox-compat/formats';

/** One thing in the tree: a file with its reading, or why there is none. */
export type TreeFile = ReadFile | UnreadableFile | SkippedFile;

/** A file with what its format made of it. */
export interface ReadFile {
  readonly path: string;
  readonly file: SourceFile;
  readonly reading: FileReading;
}

/** How a tree is read, with what only its place tells: a root that lies inside a mailbox is read as part of it. */
export async function placeRoot(root: string, options: ReadOptions): Promise<ReadOptions> {
  const within = options.within ?? (await mailboxAround(root));
  return { ...options, ...(within === undefined ? {} : { within }) };
}

/** Reads every file below `root`, one at a time and in the walk's order, so that only one is in memory. */
export async function* readTree(root: string, options: ReadOptions): AsyncGenerator<TreeFile> {
  for await (const found of walkMailboxes(root)) {
    if ('bytes' in found) yield { path: found.path, file: found, reading: readMailboxFile(found, options) };
    else yield found;
  }
}

/** Reads one file of the tree once more. Rejects as `node:fs` does when it is gone. */
export async function readAgain(root: string, path: string, options: ReadOptions): Promise<ReadFile> {
  let place: string | Buffer = join(root, path);
  // A name that is no UTF-8 is shown with its bytes escaped; only what is not there as shown can be such a name.
  if (/\\x[89a-f]/.test(path) && (await stat(place).catch(() => undefined)) === undefined) place = rawPlace(root, path);
  const { mtimeMs } = await stat(place);
  const file = { path, bytes: await readFile(place), modifiedAt: Math.floor(mtimeMs) };
  return { path, file, reading: readMailboxFile(file, options) };
}

function rawPlace(root: string, path: string): Buffer {
  const names = path.split('/').map((name) => {
    const isEscaped = /\\x[89a-f]/.test(name);
    const raw = name.replace(/\\x([89a-f][\da-f])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(isEscaped ? raw : name, isEscaped ? 'latin1' : 'utf8');
  });
  return Buffer.concat([Buffer.from(root), ...names.flatMap((name) => [Buffer.from(sep), name])]);
}
