import { canonicalJson } from '@agentbus/core';
import { counts } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Letter } from '../../src/formats/index.ts';
import { lettersIn, readAs } from './reading.ts';

const numRuns = counts(300, 20_000);

interface Native {
  readonly message_id: string;
  readonly sender_agent_id: string;
  readonly recipient_agent_id: string;
  readonly timestamp_utc: string;
  readonly priority: string;
  readonly body: unknown;
}

const agents = ['planner', 'Agent-2', 'Agent 3 (night)'] as const;
const native: fc.Arbitrary<Native> = fc.record({
  // Few ids, so that they are reused, as they are in life.
  message_id: fc.constantFrom('{{uuid()}}', 'm-1', 'm-2'),
  sender_agent_id: fc.constantFrom(...agents),
  recipient_agent_id: fc.constantFrom(...agents),
  timestamp_utc: fc.constantFrom('2026-01-05T08:00:00Z', '{{now}}'),
  priority: fc.constantFrom('HIGH', 'normal', '🔥'),
  body: fc.oneof(
    fc.constantFrom('ahoy', 'cast off'),
    fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null && value !== ''),
  ),
});

/** Places that hold one letter a file, and what they mean. */
const places = [
  'inbox',
  'processing',
  'failed',
  'inbox/archive/2026-01-05',
  'processed',
  'archive',
  'processed_2025-12-03',
] as const;
const isDone = (place: string): boolean => /processed|archive/.test(place);
const roots = ['', 'agent_mailboxes/', 'runtime/agent_comms/agent_mailboxes/'] as const;
const placed = fc.record({
  native,
  place: fc.constantFrom(...places),
  state: fc.constantFrom({}, { read: true }, { status: 'read', updated_at: 'x' }),
});

const letterOf = (path: string, content: unknown): Letter => {
  const [letter] = lettersIn(path, content);
  if (letter === undefined) throw new Error('no letter');
  return letter;
};

/** What makes two natives the same letter. */
const content = (each: Native): string => canonicalJson(each);

describe('a tree of mailboxes', () => {
  it('gives each letter once, with its furthest state, wherever its copies lie', () => {
    fc.assert(
      fc.property(fc.array(placed, { maxLength: 12 }), fc.constantFrom(...roots), (all, root) => {
        const found = new Map<string, 'pending' | 'acked'>();
        const expected = new Map<string, 'pending' | 'acked'>();
        for (const [n, { native: each, place, state }] of all.entries()) {
          const path = `${root}${each.recipient_agent_id}/${place}/${n}.json`;
          const letter = letterOf(path, { ...each, ...state });
          expect([letter.recipient, letter.source]).toEqual([each.recipient_agent_id, each.sender_agent_id]);
          const { body, ...others } = each;
          // As texts, because assertions trip over bodies with a key such as toString.
          expect(JSON.stringify(letter.payload.body)).toBe(JSON.stringify(body));
          expect(letter.payload.extra).toMatchObject({ ...others, ...state });
          if (found.get(letter.id) !== 'acked') found.set(letter.id, letter.state);
          const key = content(each);
          if (expected.get(key) !== 'acked') expected.set(key, isDone(place) ? 'acked' : 'pending');
        }
        expect([...found.values()].sort()).toEqual([...expected.values()].sort());
      }),
      { numRuns },
    );
  });

  it('keeps the ids of letters that move between places, roots and variants', () => {
    fc.assert(
      fc.property(
        native,
        fc.constantFrom(...places),
        fc.constantFrom(...places),
        fc.constantFrom(...roots),
        (each, from, to, root) => {
          const agent = each.recipient_agent_id;
          const { id } = letterOf(`${agent}/${from}/a.json`, each);
          expect(letterOf(`${root}${agent}/${to}/renamed.json`, { ...each, read: true }).id).toBe(id);
          expect(letterOf(`${root}${agent}/inbox.json`, [each]).id).toBe(id);
          expect(letterOf(`${root}${each.sender_agent_id}/outbox/a.json`, each).id).toBe(id);
          expect(letterOf(`${root}mailbox_2.json`, { assigned_agent_id: agent, messages: [each] }).id).toBe(id);
          expect(letterOf(`${root}${agent}/mailbox.json`, { incoming: [each], processed_ids: [] }).id).toBe(id);
          expect(letterOf(`${root}archive/20260105T080000Z_x_y.msg`, each).id).toBe(id);
        },
      ),
      { numRuns },
    );
  });

  it('accounts for every element of a list, in order', () => {
    const element = fc.oneof(
      { weight: 4, arbitrary: native },
      { weight: 1, arbitrary: fc.constantFrom(7, null, {}, [], '') },
    );
    fc.assert(
      fc.property(fc.array(element, { minLength: 1 }), (elements) => {
        const reading = readAs('planner/inbox.json', elements);
        if (reading.kind === 'ignored') {
          expect(
            elements.every((each) => each !== 7 && !(typeof each === 'object' && each !== null && 'body' in each)),
          ).toBe(true);
          return;
        }
        expect(reading.entries.map(({ kind }) => kind)).toEqual(
          elements.map((each) =>
            typeof each === 'object' && each !== null && 'body' in each ? 'letter' : 'quarantined',
          ),
        );
        const ids = reading.entries.flatMap((entry) => (entry.kind === 'letter' ? [entry.letter.id] : []));
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns },
    );
  });

  it('loses no line of a text', () => {
    const line = fc.oneof(
      fc.stringMatching(/^[A-Za-z*:# -]{0,30}$/),
      fc.constantFrom(
        '---',
        'From: planner',
        '**To**: Agent-2',
        '='.repeat(50),
        'Status: done',
        '[A2A] a → b',
        '---\r',
        '',
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const text = lines.join('\n');
        const reading = readAs('planner/inbox/a.md', text);
        if (reading.kind === 'ignored') {
          expect(text.trim()).toBe('');
          return;
        }
        const letters = reading.entries.flatMap((entry) => (entry.kind === 'letter' ? [entry.letter] : []));
        const kept = JSON.stringify(letters.map(({ payload }) => payload)).replace(/\\[nr]/g, ' ');
        const words = new Set(kept.match(/[A-Za-z]+/g));
        expect((text.match(/[A-Za-z]+/g) ?? []).filter((word) => !words.has(word))).toEqual([]);
      }),
      { numRuns },
    );
  });
});
