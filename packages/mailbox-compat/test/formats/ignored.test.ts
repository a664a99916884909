import { describe, expect, it } from 'vitest';
import { letterIn, readAs } from './reading.ts';

const reasonFor = (path: string, content: unknown): string => {
  const reading = readAs(path, content);
  return reading.kind === 'ignored' ? reading.reason : reading.kind;
};

describe('files that are no messages are ignored with a reason', () => {
  it.each([
    ['tug/inbox/.inbox.lock', '1', 'lock'],
    ['tug/inbox/a.json.lock', '', 'lock'],
    ['tug/inbox/a.json.4711.tmp', { from: 'x', body: 'y' }, 'temporary file'],
    ['tug/inbox/a.json~', 'x', 'temporary file'],
    ['tug/inbox/a.json.bak', { from: 'x', body: 'y' }, 'backup copy'],
    ['tug/inbox/.keep', '', 'placeholder'],
    ['tug/inbox/a.md', ' \n\t\r\n', 'empty'],
    ['tug/inbox/a.json', '', 'empty'],
    ['agent_mailboxes/README.md', '# How this works\n', 'README'],
    ['mailbox.schema.json', { $schema: 'http://json-schema.org/draft-07/schema#', properties: {} }, 'schema'],
    ['tug/letters.json', { $schema: 'x', properties: { message_id: {} }, type: 'object', title: 'Letter' }, 'schema'],
    ['tug/inbox/index.json', { 'a.json': 1 }, 'index'],
    ['tug/status.json', { agent_id: 'tug', status: 'idle', message: 'waiting' }, 'status file'],
    ['tug/devlog.md', '# Devlog\nall well\n', 'log'],
    ['tug/inbox/poller.log', '12:00 polled\n', 'log'],
    ['tug/claim.json', { agent_id: 'tug', claimed_by: 'tug', claimed_at: 'x', status: 'ACTIVE' }, 'claim of a mailbox'],
    ['tug/completed_tasks.json', [{ task_id: 'T-1', status: 'COMPLETED' }], 'list of completed tasks'],
    ['shared_mailboxes/project_board2.json', [{ agent_id: 'x', status: 'busy' }], 'project board'],
    ['tug/working_tasks.json', [{ task_id: 'T-1', status: 'WORKING' }], 'project board'],
    ['tug/state/memory.json', { cycle: 4 }, "an agent's own file"],
    ['tug/workspace/plan.md', '# Plan\n', "an agent's own file"],
    ['tug/settings.json', { volume: 3 }, 'no field of a message, outside any mailbox'],
    ['tug/steer.py', 'print("port")\n', 'no mailbox file, outside any mailbox'],
    ['tug/docs/guide.md', '# Guide\n', 'document outside any mailbox'],
    ['tug/photo.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0), 'binary file outside any mailbox'],
  ])('%s', (path, content, reason) => {
    expect(reasonFor(path, content)).toBe(reason);
  });

  it('even when they have to be repaired, which is said', () => {
    expect(readAs('tug/claim.json', '{{\n{"agent_id": "tug", "status": "ACTIVE"}\n}}')).toEqual({
      kind: 'ignored',
      path: 'tug/claim.json',
      reason: 'claim of a mailbox',
      recovered: 'extra braces',
    });
  });
});

describe('a letter is a letter under any name', () => {
  const letter = { message_id: 'm-1', from: 'pilot', to: 'tug', body: 'ahoy' };

  it.each([
    'tug/status.json',
    'tug/inbox/index.json',
    'tug/claim.json',
    'tug/state/a.json',
    'tug/completed_tasks.json',
  ])('%s', (path) => {
    expect(letterIn(path, letter).payload.body).toBe('ahoy');
  });

  it('also in prose', () => {
    expect(letterIn('tug/devlog.md', 'From: pilot\nTo: tug\n---\nahoy').source).toBe('pilot');
    expect(letterIn('docs/deep/below/order.md', 'From: pilot\nTo: tug\n---\nahoy').recipient).toBe('tug');
  });

  it('and a document directly in the directory of an agent', () => {
    expect(letterIn('agent_mailboxes/meeting/idea.md', '# Paint the tug\n').recipient).toBe('meeting');
    expect(letterIn('agent_mailboxes/meeting/list.csv', 'berth,ship\n4,tug\n').payload.body).toBe(
      'berth,ship\n4,tug\n',
    );
  });
});

describe('bytes that nobody can read', () => {
  it('are quarantined where mail is left', () => {
    for (const content of [Uint8Array.of(0x89, 0x50, 0, 0xff, 0, 1), Buffer.alloc(64, 0xff), new Uint8Array(32)]) {
      expect(readAs('tug/inbox/blob.bin', content)).toMatchObject({
        kind: 'read',
        entries: [{ kind: 'quarantined', start: 0, end: content.length }],
      });
    }
  });
});
