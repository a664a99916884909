import { describe, expect, it } from 'vitest';
import { priorityOf } from '../../src/formats/letter-priority.ts';
import { letterIn } from './reading.ts';

describe('a priority', () => {
  it.each([
    ['CRITICAL', 'urgent'],
    ['🔴 **URGENT - today', 'urgent'],
    ['TaskPriority.CRITICAL', 'urgent'],
    ['P0', 'urgent'],
    ['HIGH', 'high'],
    ['**High**', 'high'],
    ['⚡ high – berth 4', 'high'],
    ['MessagePriority.HIGH', 'high'],
    ['[IMPORTANT]', 'high'],
    ['Medium', 'normal'],
    ['REGULAR', 'normal'],
    ['not urgent', 'normal'],
    ['low', 'low'],
    ['Priority: LOWEST', 'low'],
    ['3', 'normal'],
    ['legendary', 'normal'],
    ['', 'normal'],
  ])('spelled %j is %s', (raw, expected) => {
    expect(priorityOf(raw)).toBe(expected);
  });

  it('keeps its raw text in a header', () => {
    const letter = letterIn('harbour/inbox/a.json', { body: 'x', priority: '🔥 HIGH' });
    expect(letter.priority).toBe('high');
    expect(letter.headers['mailbox-priority']).toBe('🔥 HIGH');
  });

  it('that is a number is normal, and kept', () => {
    const letter = letterIn('harbour/inbox/a.json', { body: 'x', priority: 1 });
    expect(letter.priority).toBe('normal');
    expect(letter.headers['mailbox-priority']).toBe('1');
    expect(letter.payload.extra).toEqual({ priority: 1 });
  });

  it('is normal without any', () => {
    const letter = letterIn('harbour/inbox/a.json', { body: 'x', priority: null });
    expect(letter.priority).toBe('normal');
    expect(letter.headers['mailbox-priority']).toBeUndefined();
  });
});
