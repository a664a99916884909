import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isPlaceOrContainer } from './mailbox-place.ts';

/**
 * What a root lacks when it is not a tree of mailboxes but lies inside one: `Agent-1` for the directory of that agent,
 * `Agent-1/inbox` for its inbox; undefined for a tree. To be passed to `readMailboxFile` as `within`, so that the letters
 * have the same recipients and ids as when the whole tree is read.
 */
export async function mailboxAround(root: string): Promise<string | undefined> {
  const path = await realpath(root);
  const [name, above] = [basename(path), basename(dirname(path))];
  const children = (await readdir(path, { withFileTypes: true })).filter((child) => child.isDirectory());
  const kinds = children.map((child) => isPlaceOrContainer(child.name));
  if (isPlaceOrContainer(name) === 'place') {
    // `archive/` may also be the name of a copy of a whole tree: then it holds directories that are no places.
    const isPlace =
      kinds.every((kind) => kind !== undefined) && isPlaceOrContainer(above) === undefined && above !== '';
    return isPlace ? `${above}/${name}` : undefined;
  }
  const holdsPlaces = children.some((child) => /^(?:inbox|outbox|processed)$/i.test(child.name));
  return holdsPlaces && isPlaceOrContainer(name) === undefined && name !== '' ? name : undefined;
}
