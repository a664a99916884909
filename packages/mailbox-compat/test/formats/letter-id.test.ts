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
      idOf('queue.json', [{ message: note, queue_id: 'q', status: 'PENDING', delivery_attempts: 3 }]),
    ];
    expect(new Set(ids).size).toBe(1);
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
