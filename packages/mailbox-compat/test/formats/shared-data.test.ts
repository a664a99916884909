import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { leftOut } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { type FileReading, readMailboxFile, type SourceFile, walkMailboxes } from '../../src/formats/index.ts';

const data = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const comms = `${data}/victor-agent-comms`;
const shared = `${data}/victor-shared-mailboxes`;
const isThere = existsSync(comms) && existsSync(shared);
if (!isThere) leftOut('the reader on real mailboxes', { data: '../shared/data' });

async function readAll(root: string): Promise<{ file: SourceFile; reading: FileReading }[]> {
  const all: { file: SourceFile; reading: FileReading }[] = [];
  for await (const found of walkMailboxes(root)) {
    if (!('bytes' in found)) throw new Error(`${found.path} cannot be read`);
    all.push({ file: found, reading: readMailboxFile(found) });
  }
  return all;
}

function parses(file: SourceFile): boolean {
  try {
    JSON.parse(Buffer.from(file.bytes).toString());
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!isThere)('real mailboxes', () => {
  it('each of 162 files is accounted for, and at least 95 % of the message files are read whole', async () => {
    const all = await readAll(comms);
    expect(all).toHaveLength(162);
    const messages = all.flatMap(({ reading }) => (reading.kind === 'read' ? [reading] : []));
    const whole = messages.filter(({ entries }) => entries.every(({ kind }) => kind === 'letter'));
    expect(whole.length / messages.length).toBeGreaterThanOrEqual(0.95);
    expect(messages.length).toBeGreaterThanOrEqual(140);
    const ids = messages.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.kind === 'letter' ? [entry.letter.id] : [])),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('every JSON file of the agent mailboxes that does not parse is recovered', async () => {
    const broken = (await readAll(comms)).filter(
      ({ file }) => file.path.includes('/agent_mailboxes/') && file.path.endsWith('.json') && !parses(file),
    );
    expect(broken).toHaveLength(36);
    const recovered = broken.filter(({ reading }) => reading.recovered !== undefined);
    expect(recovered.length).toBeGreaterThanOrEqual(35);
    for (const { file, reading } of recovered) {
      if (reading.kind === 'ignored') continue;
      const kept = JSON.stringify(reading.entries);
      const texts = Buffer.from(file.bytes)
        .toString()
        .matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?/g);
      for (const [, text = '', isKey] of texts) {
        if (isKey === undefined) expect(kept).toContain(JSON.stringify(JSON.parse(text)).slice(1, -1));
      }
    }
  });

  it('what is ignored is no message', async () => {
    const reasons = (await readAll(comms)).flatMap(({ reading }) =>
      reading.kind === 'ignored' ? [reading.reason] : [],
    );
    expect([...new Set(reasons)].sort()).toEqual([
      'README',
      'claim of a mailbox',
      'empty',
      'list of completed tasks',
      'placeholder',
    ]);
  });

  it('shared mailbox files give all their messages, processed ones as processed', async () => {
    let messages = 0;
    for (const { file, reading } of await readAll(shared)) {
      if (!/mailbox_\d\.json$/.test(file.path)) continue;
      const native: { messages: unknown[] } = JSON.parse(await readFile(`${shared}/${file.path}`, 'utf8'));
      expect(reading).toMatchObject({ kind: 'read', format: 'dreamos-shared-mailbox' });
      if (reading.kind !== 'read') continue;
      expect(reading.entries).toHaveLength(native.messages.length);
      messages += reading.entries.length;
      const acked = reading.entries.filter((entry) => entry.kind === 'letter' && entry.letter.state === 'acked');
      if (file.path.endsWith('_8.json')) expect(acked).toHaveLength(3);
      if (file.path.endsWith('_7.json')) expect(acked).toHaveLength(0);
    }
    expect(messages).toBe(27);
  });
});
