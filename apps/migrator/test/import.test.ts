import { rename, rm } from 'node:fs/promises';
import { BusError, createMemoryStore, type Draft, type MessageRecord, type Store, toMessage } from '@agentbus/core';
import { temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { importMailboxes, scanMailboxes } from '../src/index.ts';
import { letter, type Tree, writeTree } from './tree.ts';

async function importTree(tree: Tree, store: Store = createMemoryStore()) {
  await using directory = await temporaryDirectory();
  await writeTree(directory.path, tree);
  return { store, summary: await importMailboxes(directory.path, store) };
}

async function stored(store: Store, pattern = '>'): Promise<MessageRecord[]> {
  return (await store.read({ pattern, limit: 10_000 })).map(({ record }) => record);
}

/** The bodies that a subscription is owed, in the order in which a consumer gets them. */
async function owed(store: Store, subscription: string): Promise<unknown[]> {
  const { lease } = await store.claim({ subscription, consumer: 'test', limit: 1000, leaseMs: 60_000, idle: true });
  return (lease?.deliveries ?? []).map(({ record }) => bodyOf(record));
}

function bodyOf(record: MessageRecord): unknown {
  const { payload } = toMessage(record);
  return typeof payload === 'object' && payload !== null && 'body' in payload ? payload.body : undefined;
}

describe('an import', () => {
  it('publishes a letter to the inbox of its recipient with all that it says', async () => {
    const { store } = await importTree({ 'builder/inbox/a.json': letter(1, { priority: 'HIGH', task_id: 't-7' }) });
    const [record] = await stored(store);
    expect(record).toMatchObject({
      topic: 'agents.builder.inbox',
      source: 'planner',
      priority: 'high',
      publishedAt: 1_750_000_060_000,
      headers: { 'mailbox-path': 'builder/inbox/a.json', 'mailbox-id': 'note-1', 'mailbox-priority': 'HIGH' },
    });
    expect(record?.correlationId).toBe(record?.id);
    const payload = record === undefined ? undefined : toMessage(record).payload;
    expect(payload).toMatchObject({
      subject: 'Subject 1',
      body: 'What letter 1 has to say',
      extra: { task_id: 't-7' },
    });
  });

  it('owes an agent what is pending and nothing that was processed', async () => {
    const { store, summary } = await importTree({
      'builder/inbox/a.json': letter(1),
      'builder/processed/b.json': letter(2),
    });
    expect(summary.states).toEqual({ pending: 1, acked: 1 });
    expect(summary.mailboxes).toEqual({ builder: { pending: 1, acked: 1 } });
    expect(await owed(store, 'builder')).toEqual(['What letter 1 has to say']);
    expect(await stored(store)).toHaveLength(2);
  });

  it('keeps the order of a mailbox by the times of its letters, wherever they lie', async () => {
    const { store } = await importTree({
      'builder/inbox/a.json': letter(3),
      'builder/inbox/b.json': letter(1),
      'builder/inbox.json': [letter(4), letter(2)],
      'builder/outbox/z.json': letter(5, { recipient_agent_id: 'builder' }),
    });
    const bodies = [1, 2, 3, 4, 5].map((number) => `What letter ${number} has to say`);
    expect(await owed(store, 'builder')).toEqual(bodies);
  });

  it('owes a letter to everybody to every agent, and a processed one to none', async () => {
    const { store } = await importTree({
      'builder/inbox/a.json': letter(1),
      'tester/inbox/.keep': '',
      'broadcast/all.json': letter(2),
      'broadcast/archive/old.json': letter(3),
    });
    expect((await stored(store, 'agents.broadcast')).map(bodyOf)).toHaveLength(2);
    for (const agent of ['builder', 'tester']) {
      expect(await owed(store, `${agent}.broadcast`)).toEqual(['What letter 2 has to say']);
    }
  });

  it('gives an agent without mail its subscriptions', async () => {
    const { store, summary } = await importTree({ 'tester/inbox/.keep': '' });
    const { subscriptions } = await store.stats();
    expect(subscriptions.map(({ name, pattern }) => [name, pattern])).toEqual([
      ['tester', 'agents.tester.inbox'],
      ['tester.broadcast', 'agents.broadcast'],
    ]);
    expect(summary.mailboxes).toEqual({ tester: { pending: 0, acked: 0 } });
  });

  it('encodes a name that no topic can have', async () => {
    const { store } = await importTree({ 'Agent 4 (Captain)/inbox/a.json': letter(1), 'v1.2/inbox/b.json': letter(2) });
    expect(await owed(store, 'Agent%204%20%28Captain%29')).toHaveLength(1);
    expect((await stored(store, 'agents.v1%2E2.inbox')).map(bodyOf)).toEqual(['What letter 2 has to say']);
  });

  it('opens every subscription before it appends anything', async () => {
    const calls: string[] = [];
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      openSubscription: (spec) => {
        calls.push('open');
        return memory.openSubscription(spec);
      },
      append: (drafts) => {
        calls.push('append');
        return memory.append(drafts);
      },
    };
    await importTree({ 'a/inbox/1.json': letter(1), 'b/inbox/2.json': letter(2) }, store);
    expect(calls).toEqual(['open', 'open', 'open', 'open', 'append']);
  });

  it('adds nothing the second time, and counts everything as duplicates', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, {
      'a/inbox/1.json': letter(1),
      'a/processed/2.json': letter(2),
      'a/inbox/bad.json': '{"body": "cut off in the mid',
    });
    const store = createMemoryStore();
    const first = await importMailboxes(directory.path, store);
    const head = await store.head();
    const second = await importMailboxes(directory.path, store);
    expect(await store.head()).toBe(head);
    expect(first.entries).toEqual({ total: 3, imported: 2, duplicates: 0, quarantined: 1 });
    expect(second.entries).toEqual({ total: 3, imported: 0, duplicates: 2, quarantined: 1 });
    expect(second.files).toEqual({ total: 3, messages: 0, ignored: 0, quarantined: 1, duplicates: 2 });
    expect(second.states).toEqual({ pending: 0, acked: 0 });
  });

  it('adds nothing when a letter has moved to another folder since', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, { 'a/inbox/1.json': letter(1), 'a/processed/.keep': '' });
    const store = createMemoryStore();
    await importMailboxes(directory.path, store);
    await rename(directory.join('a/inbox/1.json'), directory.join('a/processed/1.json'));
    const { entries } = await importMailboxes(directory.path, store);
    expect(entries).toEqual({ total: 1, imported: 0, duplicates: 1, quarantined: 0 });
  });

  it('takes the first of several copies, in the state of the one that got furthest', async () => {
    const { store, summary } = await importTree({
      'a/inbox/1.json': letter(1),
      'a/inbox/copy of 1.json': letter(1),
      'a/processed/1.json': letter(1, { status: 'done' }),
    });
    expect(summary.entries).toEqual({ total: 3, imported: 1, duplicates: 2, quarantined: 0 });
    expect(summary.files).toMatchObject({ messages: 1, duplicates: 2 });
    expect(summary.states).toEqual({ pending: 0, acked: 1 });
    expect((await stored(store)).map(({ headers }) => headers['mailbox-path'])).toEqual(['a/inbox/1.json']);
    expect(await owed(store, 'a')).toEqual([]);
  });

  it('keeps bytes that nobody can read on the bus, with their place and the reason', async () => {
    const bytes = Buffer.from('{"body": "cut off in the mid\xff\x00', 'latin1');
    const { store, summary } = await importTree({ 'a/inbox/bad.json': bytes });
    const [record] = await stored(store, 'mailbox.quarantine');
    const payload = record === undefined ? undefined : toMessage(record).payload;
    expect(payload).toEqual({
      path: 'a/inbox/bad.json',
      index: 0,
      start: 0,
      end: bytes.length,
      reason: summary.quarantine[0]?.reason,
      bytes: bytes.toString('base64'),
    });
    expect(summary.quarantine).toEqual([{ path: 'a/inbox/bad.json', entry: 0, reason: expect.stringMatching(/./) }]);
  });

  it('refuses a subscription name that is taken, before it appends anything', async () => {
    const store = createMemoryStore();
    await store.openSubscription({ name: 'a', pattern: 'tasks.>', from: 'all', settings: {} });
    await expect(importTree({ 'a/inbox/1.json': letter(1) }, store)).rejects.toMatchObject({ code: 'config_conflict' });
    expect(await store.head()).toBe(0);
  });

  it('quarantines a letter whose id somebody used for another message, and imports the rest', async () => {
    const tree = { 'a/inbox/1.json': letter(1), 'a/inbox/2.json': letter(2) };
    const { store: before } = await importTree(tree);
    const store = createMemoryStore();
    const [taken] = (await stored(before)).map((record) => ({ ...record, topic: 'other.topic', headers: {} }));
    await store.append(taken === undefined ? [] : [taken]);
    const { summary } = await importTree(tree, store);
    expect(summary.entries).toEqual({ total: 2, imported: 1, duplicates: 0, quarantined: 1 });
    expect(summary.files).toMatchObject({ messages: 1, quarantined: 1 });
    expect(summary.quarantine).toEqual([
      { path: 'a/inbox/1.json', entry: 0, reason: expect.stringContaining('other.topic') },
    ]);
    expect(await stored(store, 'mailbox.quarantine')).toHaveLength(1);
  });

  it('takes letters that another importer publishes at the same moment for duplicates', async () => {
    const tree = { 'a/inbox/1.json': letter(1), 'a/inbox/2.json': letter(2), 'a/inbox/3.json': letter(3) };
    const memory = createMemoryStore();
    let raced = false;
    const store: Store = {
      ...memory,
      async append(drafts: readonly Draft[]) {
        // The other one found the letter in another place, so that its message differs.
        if (!raced)
          await memory.append(
            drafts.slice(1, 2).map((draft) => ({ ...draft, headers: { ...draft.headers, 'mailbox-path': 'b' } })),
          );
        raced = true;
        return memory.append(drafts);
      },
    };
    const { summary } = await importTree(tree, store);
    expect(summary.entries).toEqual({ total: 3, imported: 2, duplicates: 1, quarantined: 0 });
    expect(await stored(memory)).toHaveLength(3);
  });

  it('says so when a letter goes away while it is being imported', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, { 'a/inbox/1.json': letter(1), 'a/inbox/2.json': letter(2) });
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      // Subscriptions are opened between the two passes over the tree.
      async openSubscription(spec) {
        await rm(directory.join('a/inbox/1.json'), { force: true });
        return memory.openSubscription(spec);
      },
    };
    const summary = await importMailboxes(directory.path, store);
    expect(summary.entries).toEqual({ total: 2, imported: 1, duplicates: 0, quarantined: 1 });
    expect(summary.quarantine).toEqual([
      { path: 'a/inbox/1.json', entry: 0, reason: expect.stringContaining('changed') },
    ]);
  });

  it('imports a letter with a body of ten megabytes', async () => {
    const body = 'All work and no play. '.repeat(500_000);
    const { store } = await importTree({ 'a/inbox/1.json': letter(1, { body }) });
    expect(await owed(store, 'a')).toEqual([body]);
  });

  it('merges names only when it is told to', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, { 'Agent3/inbox/1.json': letter(1), 'Agent-3/inbox/2.json': letter(2) });
    const aliases = new Map([['Agent3', 'Agent-3']]);
    expect(Object.keys((await scanMailboxes(directory.path)).mailboxes)).toEqual(['Agent-3', 'Agent3']);
    const merged = await scanMailboxes(directory.path, { aliases });
    expect(merged.mailboxes).toEqual({ 'Agent-3': { pending: 2, acked: 0 } });
  });

  it('resumes only where there is something to resume', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, { 'a/inbox/1.json': letter(1) });
    const store = createMemoryStore();
    const refused = importMailboxes(directory.path, store, { resume: true });
    await expect(refused).rejects.toThrow(BusError);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_option' });
    expect(await store.head()).toBe(0);
    await importMailboxes(directory.path, store);
    const { entries } = await importMailboxes(directory.path, store, { resume: true });
    expect(entries).toMatchObject({ imported: 0, duplicates: 1 });
  });
});

describe('a scan', () => {
  it('says what an import then does', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, {
      'a/inbox/1.json': letter(1),
      'a/inbox/2.json': letter(1),
      'b/processed/3.json': letter(3),
      'b/inbox.json': [letter(4), 'just a text', 5],
      'README.md': 'These are mailboxes',
    });
    const { elapsedMs: _, ...scanned } = await scanMailboxes(directory.path);
    const { elapsedMs: __, store: ___, ...imported } = await importMailboxes(directory.path, createMemoryStore());
    expect(scanned).toEqual(imported);
  });

  it('leaves out of its count what a store holds already, and does not write to it', async () => {
    await using directory = await temporaryDirectory();
    await writeTree(directory.path, { 'a/inbox/1.json': letter(1) });
    const store = createMemoryStore();
    await importMailboxes(directory.path, store);
    await writeTree(directory.path, { 'a/inbox/2.json': letter(2) });
    const summary = await scanMailboxes(directory.path, { store });
    expect(summary.entries).toEqual({ total: 2, imported: 1, duplicates: 1, quarantined: 0 });
    expect(await store.head()).toBe(1);
  });
});
