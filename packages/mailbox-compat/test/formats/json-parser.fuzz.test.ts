import { counts } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstBroken, plainValue } from '../../src/formats/json-node.ts';
import { parseJson } from '../../src/formats/json-parser.ts';
import { isJson } from './is-json.ts';

const numRuns = counts(300, 20_000);

const parse = (text: string): ReturnType<typeof parseJson> => parseJson(Buffer.from(text).toString('latin1'), 0);

/** Any JSON value, with keys and texts that give parsers trouble. */
const trickyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '',
    ' ',
    '"',
    '\\',
    '\\n',
    '{{',
    '}}',
    '//',
    '/*',
    '\u2028',
    '\0',
    'C:\\new',
    "'",
  ),
);
const anyJson = fc.jsonValue({ depthSize: 'medium', stringUnit: 'binary' });
const trickyJson = fc.oneof(anyJson, fc.dictionary(trickyText, fc.oneof(trickyText, anyJson)), fc.array(trickyText));

describe('what is JSON', () => {
  // JSON.parse is no reference here: V8 13.6 confuses keys of one escaped character, and reads {"": 1, "\"": 2} with a
  // backslash for its second key when it has seen such shapes before.
  it('is read as it was written, without repairs', () => {
    fc.assert(
      fc.property(trickyJson, fc.constantFrom(undefined, 1, '\t', '\r\n'), (value, space) => {
        const text = JSON.stringify(value, null, space === '\r\n' ? 2 : space).replaceAll(
          space === '\r\n' ? '\n' : '\0',
          '\r\n',
        );
        const { node, end, repairs } = parse(text);
        expect(JSON.stringify(plainValue(node).value)).toBe(JSON.stringify(value));
        expect([...repairs.how]).toEqual([]);
        expect(end).toBe(Buffer.byteLength(text));
      }),
      { numRuns },
    );
  });

  it('keeps numbers as they were written, in the value or beside it', () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(digits, (literal) => {
        const { value, notes } = plainValue(parse(`[${literal}]`).node);
        const kept = notes.exactNumbers['/0'];
        if (kept !== undefined) expect(kept).toBe(literal);
        else expect(exact(JSON.stringify(value).slice(1, -1))).toBe(exact(literal));
      }),
      { numRuns },
    );
  });
});

describe('what is not JSON', () => {
  const scraps = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    "'",
    '\\',
    '{{',
    '}}',
    '//',
    '/*',
    '*/',
    '\n',
    '#',
    'null',
    'True',
    '-1',
    'a',
    ' ',
    '\0',
    '\uFEFF',
    '\u00A0',
    'é',
    '1e9',
  );

  it('ends, within the text, with every node inside its parent', () => {
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 60 }), fc.boolean(), (pieces, loose) => {
        const text = Buffer.from(pieces.join('')).toString('latin1');
        const { node, end } = parseJson(text, 0, loose);
        expect(end).toBeGreaterThanOrEqual(node.end);
        expect(end).toBeLessThanOrEqual(text.length);
        assertNested(node, 0, text.length);
        if (firstBroken(node) === undefined) expect(isJson(plainValue(node).value)).toBe(true);
      }),
      { numRuns },
    );
  });
});

function assertNested(node: ReturnType<typeof parseJson>['node'], from: number, to: number): void {
  expect(node.start).toBeGreaterThanOrEqual(from);
  expect(node.end).toBeLessThanOrEqual(to);
  expect(node.end).toBeGreaterThanOrEqual(node.start);
  const children =
    node.kind === 'array' ? node.items : node.kind === 'object' ? node.members.map((member) => member.node) : [];
  let at = node.start;
  for (const child of children) {
    assertNested(child, at, node.end);
    at = child.end;
  }
}

/** The decimal value as a fraction of integers, so that spellings can be compared without rounding. */
function exact(literal: string): string {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const scale = BigInt(Number(exponent) - fraction.length + 2000);
  return String(BigInt(`${whole}${fraction}`) * 10n ** scale);
}
