import { counts } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Letter } from '../../src/formats/index.ts';
import { letterIn, readAs } from './reading.ts';

const numRuns = counts(300, 20_000);
const path = 'agents/harbour/inbox/note.json';

const word = fc.stringMatching(/^[a-zäß⚓ .,;-]{1,20}$/);
const scalar = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null));
const letter = fc.record({
  message_id: fc.uuid(),
  from: fc.constantFrom('pilot', 'tug'),
  subject: word,
  body: fc.oneof(
    word,
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), {
      minKeys: 1,
    }),
  ),
  tags: fc.array(word, { maxLength: 3 }),
});

/** Each damage leaves the content readable for a person. They combine in this order. */
const damages: readonly (readonly [how: string, damage: (text: string) => string])[] = [
  ['control characters in a text', (text) => text.replace('"tags"', '"more": "one\n\ttwo",\n  "tags"')],
  ['trailing commas', (text) => text.replace(/([^,{[\s])\n(\s*[}\]])/g, '$1,\n$2')],
  ['comments', (text) => text.replace(/,\n/, ', // as agreed\n').replace(/^\{\n/, '{ /* new\n form */\n')],
  ['keys without quotes', (text) => text.replace(/^(\s*)"([a-z_]+)":/gm, '$1$2:')],
  ['CRLF', (text) => text.replace(/\n/g, '\r\n')],
  ['CRCRLF', (text) => text.replace(/\r?\n/g, '\r\r\n')],
  ['missing brackets', (text) => text.replace(/[\s},]*$/, '')],
  ['extra braces', (text) => `{{\n${text}\n}}\n`],
  ['byte order mark', (text) => `\uFEFF${text}`],
  ['NUL bytes at the end', (text) => `${text}\0\0\0\0`],
];

/** What the letter says, without what was kept beside it and how it was read. */
function said({ id, payload: { subject, body, extra = {} }, source }: Letter): unknown {
  const own = Object.entries(extra).filter(([key]) => !key.startsWith('mailbox-'));
  return { id, subject, body, source, extra: Object.fromEntries(own) };
}

describe('a damaged letter', () => {
  it('is recovered whole from any combination of damages, and is the same letter', () => {
    const chosen = fc.subarray([...damages], { minLength: 1 });
    fc.assert(
      fc.property(letter, chosen, (native, some) => {
        const breaks = some.some(([how]) => how === 'control characters in a text');
        const cr = some.some(([how]) => how === 'CRCRLF')
          ? '\r\r\n'
          : some.some(([how]) => how === 'CRLF')
            ? '\r\n'
            : '\n';
        const clean = breaks ? { ...native, more: `one${cr}\ttwo` } : native;
        const text = some.reduce((damaged, [, damage]) => damage(damaged), JSON.stringify(native, null, 2));
        expect(said(letterIn(path, text))).toEqual(said(letterIn(path, clean)));
      }),
      { numRuns },
    );
  });

  it('loses none of its comments and prose', () => {
    fc.assert(
      fc.property(letter, fc.stringMatching(/^[a-z ]{5,30}$/), (native, remark) => {
        const text = `${remark} first:\n${JSON.stringify(native, null, 2).replace(',\n', `, // ${remark} between\n`)}\n${remark} last`;
        const { payload } = letterIn(path, text);
        for (const where of ['first:', 'between', 'last'])
          expect(JSON.stringify(payload)).toContain(`${remark} ${where}`.trim());
      }),
      { numRuns },
    );
  });

  it('that was cut off anywhere is read in part and quarantined in part, or quarantined whole', () => {
    fc.assert(
      fc.property(fc.array(letter, { minLength: 1, maxLength: 4 }), fc.nat(), (natives, seed) => {
        const text = JSON.stringify(natives, null, 2);
        const bytes = Buffer.from(text).subarray(0, 1 + (seed % Buffer.byteLength(text)));
        const reading = readAs('agents/harbour/inbox.json', bytes);
        if (reading.kind === 'ignored') {
          expect(reading.reason).toBe('empty');
          return;
        }
        const whole = reading.entries.filter(({ kind }) => kind === 'letter');
        for (const [n, entry] of whole.entries()) {
          if (entry.kind !== 'letter' || n === whole.length - 1) continue;
          expect(entry.letter.headers['mailbox-id']).toBe(natives[n]?.message_id);
        }
        expect(whole.length).toBeLessThanOrEqual(natives.length);
      }),
      { numRuns },
    );
  });
});
