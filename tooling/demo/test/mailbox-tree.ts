import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a small tree: two busy agents and one with an unusual name, a letter that was dealt with, a damaged file, one
 * that is beyond repair, one that is no mail, and subjects that would paint the terminal.
 */
export async function writeMailboxes(root: string): Promise<void> {
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  let minute = 10;
  const send = (to: string, box: string, name: string): Promise<void> => {
    minute += 1;
    const letter = {
      message_id: `${to}-${name}`,
      sender_agent_id: 'manager',
      recipient_agent_id: to,
      timestamp_utc: `2025-05-04T10:${minute}:00Z`,
      subject: `\u001b[31mAbout ${name}\u0007`,
      body: `Please see to ${name}.`,
    };
    return write(`${to}/${box}/${name}.json`, JSON.stringify(letter));
  };
  for (const name of ['one', 'two', 'three', 'four', 'five']) await send('planner', 'inbox', name);
  for (const name of ['one', 'two', 'three']) await send('coder', 'inbox', name);
  await send('Agent 4 (Captain)', 'inbox', 'one');
  await send('planner', 'processed', 'done');
  await write(
    'coder/inbox/damaged.json',
    '{"message_id": "damaged", "sender_agent_id": "manager", "timestamp_utc": "2025-05-04T11:00:00Z", "subject": "Damaged", "body": "A comma too many.",}',
  );
  await write('coder/inbox/hopeless.json', new Uint8Array(64));
  await write('coder/inbox/.inbox.lock', '');
}

/** A hash over everything below `root`: paths, modes, times and contents. */
export async function fingerprint(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of (await readdir(root, { recursive: true })).sort()) {
    const entry = await stat(join(root, path));
    hash.update(`${path}\0${entry.mode}\0${entry.mtimeMs}\0${entry.ctimeMs}\0`);
    if (entry.isFile()) hash.update(await readFile(join(root, path)));
  }
  return hash.digest('hex');
}
