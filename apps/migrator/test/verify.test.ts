import { rename, rm } from 'node:fs/promises';
import { createMemoryStore, type MessageRecord, type Store } from '@agentbus/core';
import { type TemporaryDirectory, temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { importMailboxes, verifyImport } from '../src/index.ts';
import { type Tampering, tampered } from './tampered-store.ts';
import { letter, type Tree, writeTree } from './tree.ts';

const markdown = `# Weekly plan

**From**: planner
**To**: builder
**Priority**: HIGH

---

First do this.

> **From**: somebody quoted

Then that (and "this" again).
`;

const tree: Tree = {
  'builder/inbox/a.json': letter(1, { nested: { list: [1, 2.5, true, null, 'x'], empty: '' } }),
  'builder/processed/b.json': letter(2),
  'builder/inbox/copy of b.json': letter(2, { status: 'pending' }),
  'builder/inbox/plan.md': markdown,
  'builder/inbox/comments.json': `{
  // who wrote this
  "sender": "planner", "body": "with a comment", "count": 3,
}`,
  'builder/inbox/braces.json': '{{\n{ "from": "planner", "body": "in extra braces" }\n}}\n',
  // Two equal texts of which one became the body and the other, though it is called so, did not.
  'builder/inbox/two bodies.json': { from: 'planner', details: [''], body: '' },
  'builder/inbox/cut.json': '{"from": "planner", "body": "cut off in the mid',
  'tester/inbox.json': [letter(3), letter(4), letter(4)],
  'mailbox_7.json': {
    status: 'idle',
    assigned_agent_id: 'agent_007',
    last_seen_utc: '2025-04-23T22:45:00Z',
    messages: [letter(5), letter(6)],
    processed_message_ids: ['note-6', 'note-99'],
  },
  'README.md': 'Not a letter',
};

async function imported(directory: TemporaryDirectory, files: Tree = tree): Promise<Store> {
  await writeTree(directory.path, files);
  const store = createMemoryStore();
  await importMailboxes(directory.path, store);
  return store;
}

async function problemsWhen(tampering: Tampering): Promise<string[]> {
  await using directory = await temporaryDirectory();
  const store = await imported(directory);
  const { problems } = await verifyImport(directory.path, tampered(store, tampering));
  return problems.map(({ path, entry, problem }) => `${path}${entry === undefined ? '' : `#${entry}`}: ${problem}`);
}

/** Alters the message of one file only. */
function alter(path: string, change: (record: MessageRecord) => MessageRecord | undefined): Tampering {
  return { message: (record) => (record.headers['mailbox-path'] === path ? change(record) : record) };
}

describe('verify', () => {
  it('proves everything that was imported', async () => {
    await using directory = await temporaryDirectory();
    const store = await imported(directory);
    const report = await verifyImport(directory.path, store);
    expect(report.problems).toEqual([]);
    expect(report.files).toEqual({ total: 11, read: 10, ignored: 1 });
    expect(report.entries).toEqual({ total: 13, verified: 12, quarantined: 1, missing: 0, altered: 0 });
  });

  it('names an entry that is not on the bus', async () => {
    const [problem, ...others] = await problemsWhen(alter('builder/inbox/a.json', () => undefined));
    expect(problem).toBe('builder/inbox/a.json#0: it is not on the bus');
    expect(others).toEqual([]);
  });

  it('names both copies when the letter they are copies of is gone', async () => {
    const problems = await problemsWhen(alter('builder/inbox/copy of b.json', () => undefined));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'builder/inbox/copy of b.json#0',
      'builder/processed/b.json#0',
    ]);
  });

  it.each<[what: string, path: string, from: string, to: string]>([
    ['a character of the body', 'builder/inbox/a.json', 'letter 1', 'letter 7'],
    ['a number', 'builder/inbox/a.json', '2.5', '2.6'],
    ['a truth', 'builder/inbox/a.json', 'true', 'false'],
    ['an element less', 'builder/inbox/a.json', '[1,2.5', '[2.5'],
    ['an element more', 'builder/inbox/a.json', '[1,2.5', '[1,1,2.5'],
    ['a field under another name', 'builder/inbox/a.json', '"nested"', '"body"'],
    ['the end of a body', 'builder/inbox/a.json', 'has to say"', 'has to say."'],
    ['a comment', 'builder/inbox/comments.json', 'who wrote this', 'who wrote that'],
    ['the body of a damaged file', 'builder/inbox/braces.json', 'extra braces', 'extra brace'],
    ['a character of a text', 'builder/inbox/plan.md', 'First do this.', 'First do this!'],
    ['a sentence less of a text', 'builder/inbox/plan.md', 'First do this.', ''],
    ['a header line of a text', 'builder/inbox/plan.md', '"HIGH"', '"LOW"'],
    ['an element of a list of letters', 'tester/inbox.json', 'letter 3', 'letter 8'],
    ['a payload that is no JSON any more', 'builder/inbox/a.json', '{', ''],
  ])('notices %s', async (_, path, from, to) => {
    const change = (record: MessageRecord): MessageRecord => ({ ...record, body: record.body.replace(from, to) });
    const problems = await problemsWhen(alter(path, change));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.every((problem) => problem.startsWith(path))).toBe(true);
  });

  it.each<[what: string, change: (record: MessageRecord) => MessageRecord]>([
    ['another sender', (record) => ({ ...record, source: 'somebody' })],
    ['another topic', (record) => ({ ...record, topic: 'agents.tester.inbox' })],
    ['another time', (record) => ({ ...record, publishedAt: record.publishedAt + 1 })],
    ['another hash', (record) => ({ ...record, headers: { ...record.headers, 'mailbox-sha256': '00' } })],
    ['a message that is no letter', (record) => ({ ...record, headers: {} })],
  ])('notices %s', async (_, change) => {
    expect(await problemsWhen(alter('builder/inbox/a.json', change))).not.toEqual([]);
  });

  it('notices quarantined bytes that are altered or gone', async () => {
    const path = 'builder/inbox/cut.json';
    const altered = alter(path, (record) => ({ ...record, body: record.body.replace('"bytes":"e', '"bytes":"f') }));
    expect(await problemsWhen(altered)).toEqual([expect.stringContaining('not the ones that are kept')]);
    expect(await problemsWhen(alter(path, () => undefined))).toEqual([expect.stringContaining('not in quarantine')]);
  });

  it('notices pending letters that nobody is owed', async () => {
    const [problem] = await problemsWhen({
      stats: (all) => ({ ...all, subscriptions: all.subscriptions.filter(({ name }) => name !== 'builder') }),
    });
    expect(problem).toContain('agent "builder" has no subscription');
  });

  it('notices when an agent is owed less than its pending letters, or its processed ones too', async () => {
    const owing = (ready: number): Tampering => ({
      stats: (all) => ({ ...all, subscriptions: all.subscriptions.map((one) => ({ ...one, ready })) }),
    });
    expect((await problemsWhen(owing(1))).join('\n')).toContain('only 1 are owed or settled');
    expect((await problemsWhen(owing(2))).join('\n')).toContain('though 1 were processed before');
  });

  it('proves a letter that has moved, or whose state has changed in its file, since the import', async () => {
    await using directory = await temporaryDirectory();
    const store = await imported(directory);
    await rename(directory.join('builder/inbox/a.json'), directory.join('builder/processed/a.json'));
    await writeTree(directory.path, { 'tester/inbox.json': [letter(3, { read: true }), letter(4), letter(4)] });
    expect((await verifyImport(directory.path, store)).problems).toEqual([]);
  });

  it('names a letter that came after the import', async () => {
    await using directory = await temporaryDirectory();
    const store = await imported(directory);
    await writeTree(directory.path, { 'tester/inbox/late.json': letter(9) });
    await rm(directory.join('builder/inbox/a.json'));
    const { problems, entries } = await verifyImport(directory.path, store);
    expect(problems).toEqual([{ path: 'tester/inbox/late.json', entry: 0, problem: 'it is not on the bus' }]);
    expect(entries).toMatchObject({ missing: 1, altered: 0 });
  });

  it('proves a letter that is in quarantine because its id was taken', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, { 'a/inbox/1.json': letter(1) });
    const elsewhere = createMemoryStore();
    await importMailboxes(directory.path, elsewhere);
    const store = createMemoryStore();
    for (const { record } of await elsewhere.read({ limit: 1 })) await store.append([{ ...record, headers: {} }]);
    await importMailboxes(directory.path, store);
    const { problems, entries } = await verifyImport(directory.path, store);
    expect(problems).toEqual([]);
    expect(entries).toMatchObject({ quarantined: 1, verified: 0 });
  });
});
