import { createHash } from 'node:crypto';
import { counts } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMailboxFile } from '../../src/formats/index.ts';
import { isJson } from './is-json.ts';
import { bytesOf, modifiedAt } from './reading.ts';

const numRuns = counts(300, 20_000);
const rule = '='.repeat(50);
const note = {
  message_id: 'm-1',
  from: 'pilot',
  to: 'tug',
  timestamp: '2026-01-05T08:00:00Z',
  priority: 'HIGH',
  body: 'größer ⚓ "x"\n',
};

const samples: readonly (readonly [path: string, content: unknown])[] = [
  ['tug/inbox/a.json', note],
  ['tug/inbox/b.json', `{{\n${JSON.stringify(note)}\n}}`],
  ['tug/inbox.json', [note, { ...note, body: { deep: [1, 2.5e10, null, true] } }, note]],
  ['tug/inbox/c.jsonl', `${JSON.stringify(note)}\n${JSON.stringify(note)}\n`],
  [
    'shared_mailboxes/mailbox_1.json',
    { status: 'idle', assigned_agent_id: 'tug', messages: [note, note], processed_message_ids: ['m-1'] },
  ],
  ['queue.json', [{ message: note, queue_id: 'q', status: 'PROCESSING' }]],
  ['mailbox.json', { incoming: [note], outgoing: [note], processed_ids: [] }],
  ['archive/20260105T080000Z_pilot_tug.msg', note],
  ['tug/inbox/d.md', '# Orders\n\n**From**: pilot\n**To**: tug\n\n---\n\nCast off, größer ⚓.\n'],
  ['tug/inbox/e.txt', `From: pilot\nTo: tug\n\none\n${rule}\nFrom: pilot\nTo: tug\n\ntwo\n${rule}\n`],
  ['tug/status.json', { agent_id: 'tug', status: 'idle' }],
];

/** Cuts, flipped bits, inserted bytes, and parts repeated elsewhere, as crashes and careless writers make them. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat({ max: 200 }) }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 6 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    bytes: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', '{{', '//', '\0', '\r', `\n${rule}\n`).map(bytesOf),
  }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.nat({ max: 100 }), to: fc.nat() }),
  fc.record({ kind: fc.constant('truncate' as const), at: fc.nat() }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;

function mutate(bytes: Buffer, each: Mutation): Buffer {
  const at = each.at % (bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (each.kind) {
    case 'cut':
      return Buffer.concat([before, after.subarray(each.length)]);
    case 'flip':
      return Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ (1 << each.bit) : byte)));
    case 'insert':
      return Buffer.concat([before, each.bytes, after]);
    case 'repeat': {
      const to = each.to % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, to), after.subarray(0, each.length), bytes.subarray(to)]);
    }
    case 'truncate':
      return before;
  }
}

describe('whatever happens to a file', () => {
  it('it gets one reading, whose entries lie in the file in order and can be published', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        ([path, content], mutations) => {
          const bytes = mutations.reduce(mutate, Buffer.from(bytesOf(content)));
          const reading = readMailboxFile({ path, bytes, modifiedAt });
          expect(reading.path).toBe(path);
          if (reading.kind === 'ignored') {
            expect(reading.reason).not.toBe('');
            return;
          }
          expect(reading.entries.length).toBeGreaterThan(0);
          let from = 0;
          for (const [index, entry] of reading.entries.entries()) {
            expect(entry.index).toBe(index);
            expect(entry.start).toBeGreaterThanOrEqual(from);
            expect(entry.end).toBeGreaterThan(entry.start);
            expect(entry.end).toBeLessThanOrEqual(bytes.length);
            from = entry.start;
            if (entry.kind === 'quarantined') {
              expect(entry.reason).not.toBe('');
              continue;
            }
            const { id, recipient, source, payload, headers, publishedAt } = entry.letter;
            expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
            expect(headers['mailbox-sha256']).toBe(
              createHash('sha256').update(bytes.subarray(entry.start, entry.end)).digest('hex'),
            );
            expect(isJson(payload)).toBe(true);
            expect(Object.values(headers).every((value) => typeof value === 'string')).toBe(true);
            expect(Number.isSafeInteger(publishedAt) && publishedAt >= 0).toBe(true);
            expect([recipient, source].includes('')).toBe(false);
          }
        },
      ),
      { numRuns },
    );
  });

  it('it is read the same way twice', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(mutation, { maxLength: 3 }), ([path, content], mutations) => {
        const bytes = mutations.reduce(mutate, Buffer.from(bytesOf(content)));
        expect(readMailboxFile({ path, bytes, modifiedAt })).toEqual(
          readMailboxFile({ path, bytes: Uint8Array.from(bytes), modifiedAt }),
        );
      }),
      { numRuns },
    );
  });

  it('any bytes at all get a reading', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.uint8Array({ maxLength: 300 }), ([path], bytes) => {
        expect(['read', 'ignored']).toContain(readMailboxFile({ path, bytes, modifiedAt }).kind);
      }),
      { numRuns },
    );
  });
});
