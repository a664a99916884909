import { describe, expect, it } from 'vitest';
import { letterIn, lettersIn } from './reading.ts';

const recipientOf = (path: string, fields: object): string => letterIn(path, { body: 'x', ...fields }).recipient;

describe('a letter belongs to', () => {
  it('the agent in whose mailbox it lies, whatever it names', () => {
    for (const to of ['harbour', 'Harbour', 'tug', 'ALL', '##', undefined]) {
      expect(recipientOf('harbour/inbox/a.json', { to })).toBe('harbour');
      expect(recipientOf('mailboxes/harbour/processed/a.json', { to })).toBe('harbour');
    }
    expect(letterIn('harbour/inbox/a.json', { to: 'tug', body: 'x' }).payload.extra).toEqual({ to: 'tug' });
  });

  it.each([
    'harbour/inbox/urgent/archive/a.json',
    'harbour/archive/winter project/processed/a.json',
    'harbour/archive/2025-09-09/inbox_old/a.json',
    'old fleet/archive/harbour/inbox/a.json',
    'archive/harbour/a.json',
    'inbox/harbour/a.json',
    'mailboxes/data/harbour/inbox/2026/01/a.json',
  ])('harbour in %s', (path) => {
    expect(recipientOf(path, {})).toBe('harbour');
  });

  it.each([
    'recipient_agent_id',
    'recipient',
    'to',
    'to_agent',
    'to_agent_id',
    'target',
    'recipient_id',
    'recipientAgentId',
    'To',
  ])('the agent that %s names, outside of mailboxes', (field) => {
    expect(recipientOf('pilot/outbox/a.json', { [field]: 'harbour' })).toBe('harbour');
    expect(recipientOf('archive/a.json', { from: 'pilot', [field]: 'harbour' })).toBe('harbour');
  });

  it('the agent in whose directory it lies loose, when that is how it is spelled there', () => {
    expect(recipientOf('agent_mailboxes/Agent-3/a.json', { from: 'x', to: 'Agent3' })).toBe('Agent-3');
    expect(recipientOf('agent_mailboxes/Agent-3/a.json', { from: 'x', to: 'Agent-4' })).toBe('Agent-4');
    expect(recipientOf('agent_mailboxes/Agent-3/a.json', { from: 'x' })).toBe('Agent-3');
  });

  it('everybody in a broadcast place, or where a word for everybody stands', () => {
    expect(recipientOf('broadcast/a.json', { from: 'pilot', to: 'yall' })).toBe('broadcast');
    expect(recipientOf('agent_comms/broadcast_messages/a.json', { from: 'pilot' })).toBe('broadcast');
    for (const to of ['all', 'ALL', '*', 'Everyone', 'everybody', 'BROADCAST', 'ALL_ACTIVE_AGENTS', 'all agents']) {
      expect(recipientOf('pilot/outbox/a.json', { to })).toBe('broadcast');
    }
  });

  it('everybody when neither a field nor a directory tells', () => {
    expect(recipientOf('a.json', { from: 'pilot' })).toBe('broadcast');
    expect(recipientOf('runtime/agent_comms/archive/a.json', { from: 'pilot' })).toBe('broadcast');
  });

  it('the agent that is to do a task, and to the sender when an outbox names none', () => {
    expect(recipientOf('pilot/outbox/a.json', { assigned_agent: 'tug' })).toBe('tug');
    expect(recipientOf('pilot/outbox/a.json', {})).toBe('pilot');
    expect(letterIn('pilot/outbox/a.json', { to: 'tug', body: 'x' }).source).toBe('pilot');
  });

  it('each of several that it names, as a letter of its own', () => {
    const letters = lettersIn('pilot/outbox/a.json', { to: ['tug', 'harbour', 'tug'], body: 'x' });
    expect(letters.map(({ recipient }) => recipient)).toEqual(['tug', 'harbour']);
    expect(new Set(letters.map(({ id }) => id)).size).toBe(2);
    expect(letters.map(({ headers }) => headers['mailbox-index'])).toEqual(['0', '1']);
    expect(lettersIn('pilot/outbox/a.json', { to: ['tug', '*'], body: 'x' }).map(({ recipient }) => recipient)).toEqual(
      ['broadcast'],
    );
  });

  it('a bogus name as it is spelled', () => {
    for (const to of ['--agent', '##', 'yall', 'Agent-4 (Captain)', '../../etc']) {
      expect(recipientOf('pilot/outbox/a.json', { to: ` ${to} ` })).toBe(to);
    }
  });

  it('the next best name when no topic can carry the one in the field', () => {
    const letter = letterIn('pilot/outbox/a.json', { to: 'x'.repeat(200), recipient_id: 'tug', body: 'x' });
    expect(letter.recipient).toBe('tug');
    expect(letter.payload.extra).toMatchObject({ to: 'x'.repeat(200) });
  });
});

describe('aliases', () => {
  const aliases = new Map([['Agent3', 'Agent-3']]);

  it('are applied to recipient and sender, and the spelling found is kept', () => {
    const letter = letterIn('pilot/outbox/a.json', { from: 'Agent3', to: 'Agent3', body: 'x' }, { aliases });
    expect(letter).toMatchObject({ recipient: 'Agent-3', source: 'Agent-3' });
    expect(letter.payload.extra).toEqual({ from: 'Agent3', to: 'Agent3' });
    expect(letterIn('Agent3/inbox/a.json', { body: 'x' }, { aliases }).recipient).toBe('Agent-3');
  });

  it('make copies in two mailboxes one letter', () => {
    const one = letterIn('Agent3/inbox/a.json', { body: 'x' }, { aliases });
    expect(one.id).toBe(letterIn('Agent-3/inbox/a.json', { body: 'x' }, { aliases }).id);
  });
});

describe('a tree that begins inside a mailbox', () => {
  it('gives the letters that the whole tree gives', () => {
    const whole = letterIn('agents/harbour/processed/a.json', { body: 'x' });
    const agent = letterIn('processed/a.json', { body: 'x' }, { within: 'harbour' });
    const place = letterIn('a.json', { body: 'x' }, { within: 'harbour/processed' });
    for (const letter of [agent, place])
      expect(letter).toMatchObject({ id: whole.id, recipient: 'harbour', state: 'acked' });
  });
});
