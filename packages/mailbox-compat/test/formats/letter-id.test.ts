import { describe, expect, it } from 'vitest';
import { letterIn, lettersIn } from './reading.ts';

const note = { message_id: 'n-1', from: 'pilot', to: 'harbour', body: 'the tug is late' };
const idOf = (path: string, fields: object = note): string => letterIn(path, fields).id;

describe("a letter's id", () => {
  it('is shaped like a UUID of version 8', () => {
    expect(idOf('harbour/inbox/a.json')).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it('is the same for a copy in any place, under any root, with any state', () => {
    const ids = [
      idOf('harbour/inbox/a.json'),
      idOf('harbour/archive/2025-09-09/renamed.json'),
      idOf('runtime/agent_comms/agent_mailboxes/harbour/processed/a.json'),
      idOf('backup/agent_mailboxes/harbour/inbox/a.json'),
      idOf('pilot/outbox/a.json'),
      idOf('harbour/inbox/a.json', { ...note, read: true, status: 'processed', delivered_at: 1, updated_at: 'x' }),
      idOf('harbour/inbox/a.json', Object.fromEntries(Object.entries(note).reverse())),
      ...lettersIn('harbour/inbox.json', [{ from: 'x', body: 'y' }, note])
        .slice(1)
        .map(({ id }) => id),
    ];
    expect(new Set(ids).size).toBe(1);
  });

  it('is the same in a copy of the whole tree that lies inside of it, and so is the state', () => {
    const paths = [
      'agent_mailboxes/harbour/inbox/a.json',
      'agent_comms/20260105T080000Z_x_harbour.msg',
      'agent_mailboxes/broadcast/a.json',
    ];
    for (const path of paths) {
      const { id, recipient, state } = letterIn(path, note);
      for (const outer of ['agent_mailboxes/tug/inbox/backup', 'archive/2025-09-09', 'tug/processed']) {
        expect(letterIn(`${outer}/${path}`, note)).toMatchObject({ id, recipient, state });
      }
    }
    expect(letterIn('archive/old tree/harbour/inbox/a.json', note).state).toBe('pending');
  });

  it('in a queue is the same in any state, and another than that of the copy that was delivered', () => {
    const queued = (status: string): string =>
      idOf('queue.json', [{ message: note, queue_id: 'q', status, delivery_attempts: 3 }] as object);
    expect(queued('DELIVERED')).toBe(queued('PENDING'));
    expect(queued('DELIVERED')).not.toBe(idOf('harbour/inbox/a.json'));
  });

  it('differs for another recipient, native id or content', () => {
    const ids = [
      idOf('harbour/inbox/a.json'),
      idOf('tug/inbox/a.json'),
      idOf('harbour/inbox/a.json', { ...note, message_id: 'n-2' }),
      idOf('harbour/inbox/a.json', { ...note, body: 'the tug is here' }),
      idOf('harbour/inbox/a.json', { ...note, status: 'berthed at four' }),
    ];
    expect(new Set(ids).size).toBe(5);
  });

  it('tells equal entries of one list apart, and the first of them is the copy elsewhere', () => {
    const equal = { from: 'pilot', body: 'ping' };
    const ids = lettersIn('harbour/inbox.json', [equal, { ...equal, read: true }, equal]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe(idOf('harbour/inbox/a.json', equal));
    expect(lettersIn('harbour/inbox.json', [equal, equal, equal]).map(({ id }) => id)).toEqual(ids);
  });

  it('does not depend on line ends, which other systems change', () => {
    const text = 'From: pilot\nTo: harbour\n\nfirst line\nsecond line\n';
    const ids = [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r\r\n'), `\uFEFF${text}\n`].map(
      (content) => letterIn('harbour/inbox/a.md', content).id,
    );
    expect(new Set(ids).size).toBe(1);
  });
});
