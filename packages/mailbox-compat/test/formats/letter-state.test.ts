import { describe, expect, it } from 'vitest';
import { letterIn } from './reading.ts';

const note = { message_id: 'n-1', from: 'pilot', body: 'the tug is late' };
const stateOf = (path: string, fields: object = {}): string => letterIn(path, { ...note, ...fields }).state;

describe('a letter is acked', () => {
  it.each([
    'harbour/processed/a.json',
    'harbour/archive/a.json',
    'harbour/inbox/archive/2025-09-09/a.json',
    'harbour/inbox/processed_2025-12-03/a.json',
    'harbour/archive/inbox_old/a.json',
    'harbour/done/a.json',
    'archive/harbour/a.json',
    'processed_messages/20250428T232408Z_pilot_harbour.msg',
  ])('in %s', (path) => {
    expect(stateOf(path)).toBe('acked');
  });

  it('in a file called processed, which a move into a missing directory leaves', () => {
    expect(stateOf('harbour/processed')).toBe('acked');
    expect(letterIn('harbour/processed', note).id).toBe(letterIn('harbour/inbox/a.json', note).id);
  });

  it.each([
    { status: 'COMPLETED' },
    { status: 'TaskStatus.DONE' },
    { state: 'processed' },
    { acked: true },
    { acknowledged_at: '2025-05-02T19:42:14Z' },
    { processed_at: 1755609421 },
    { read_status: 'acknowledged' },
  ])('when it says %j', (fields) => {
    expect(stateOf('harbour/inbox/a.json', fields)).toBe('acked');
  });
});

describe('a letter is pending', () => {
  it.each([
    'harbour/inbox/a.json',
    'harbour/a.json',
    'harbour/processing/a.json',
    'harbour/in_progress/a.json',
    'harbour/failed/a.json',
    'harbour/error/a.json',
    'harbour/inbox/done.json',
    'harbour/outbox/a.json',
    'harbour/outbox/archive/a.json',
    'harbour/sent/a.json',
  ])('in %s', (path) => {
    expect(stateOf(path)).toBe('pending');
  });

  it('in an outbox, whatever its sender noted', () => {
    expect(stateOf('harbour/outbox/a.json', { status: 'completed', acked: true })).toBe('pending');
  });

  it.each([
    { read: true },
    { read_status: 'read' },
    { read_at: '2025-05-02T19:42:14Z' },
    { status: 'delivered' },
    { status: 'FAILED' },
    { status: 'in_progress' },
    { status: 7 },
    { processed_at: null },
    { acked: false },
    { body: { status: 'done' } },
  ])('when it says %j', (fields) => {
    expect(stateOf('harbour/inbox/a.json', fields)).toBe('pending');
  });
});
