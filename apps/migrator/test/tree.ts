import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files by path: texts, bytes, or values to be written as JSON. */
export type Tree = Readonly<Record<string, string | Uint8Array | object>>;

/** Writes a tree of files below `root`. */
export async function writeTree(root: string, tree: Tree): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    const place = join(root, path);
    await mkdir(dirname(place), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(place, isRaw ? content : JSON.stringify(content, null, 2));
  }
}

/** Everything there is below a directory: names, kinds, modes, sizes, times of change, and a hash of each content. */
export async function fingerprint(root: string): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const place = join(entry.parentPath, entry.name);
    const { mode, size, mtimeMs, ctimeMs } = await lstat(place);
    const content = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(place))
          .digest('hex')
      : entry.isSymbolicLink()
        ? await readlink(place)
        : '';
    lines.push([place, mode, entry.isDirectory() ? '' : size, mtimeMs, ctimeMs, content].join(' '));
  }
  return lines.sort();
}

/** A letter as most writers of mailboxes write one. */
export function letter(number: number, fields: object = {}): object {
  return {
    message_id: `note-${number}`,
    sender_agent_id: 'planner',
    subject: `Subject ${number}`,
    body: `What letter ${number} has to say`,
    timestamp_utc: new Date(1_750_000_000_000 + number * 60_000).toISOString(),
    ...fields,
  };
}
