import { assertPattern, assertTopic, BusError, decodeToken, encodeToken, hasWildcard, matches } from '@agentbus/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** What a call says no with. */
function refusal(call: () => unknown): { code: string; message: string } {
  try {
    call();
  } catch (error) {
    if (error instanceof BusError) return { code: error.code, message: error.message };
    throw error;
  }
  return expect.fail('nothing was refused');
}

describe('a topic', () => {
  it.each([
    'a',
    'agents.planner.inbox',
    'A.b_c-d.0',
    'agents.Agent%204%20%28Captain%29.inbox',
    Array.from({ length: 32 }, () => 'a'.repeat(128)).join('.'),
  ])('is taken as it is: %s', (topic) => {
    expect(assertTopic(topic)).toBe(topic);
    expect(assertPattern(topic)).toBe(topic);
  });

  it.each([
    ['', 'it is empty'],
    ['.a', 'token 1 at position 0 is empty'],
    ['a.', 'token 2 at position 2 is empty'],
    ['a..b', 'token 2 at position 2 is empty'],
    ['a b', 'token 1 at position 0 ("a b")'],
    ['agents.two words.inbox', 'token 2 at position 7 ("two words")'],
    ['a.b!', 'token 2 at position 2 ("b!")'],
    ['a.é', 'token 2 at position 2'],
    ['a.b\n', 'token 2 at position 2'],
    ['a.\u0000', 'token 2 at position 2'],
    ['a.%', 'token 2 at position 2'],
    ['a.%4', 'token 2 at position 2'],
    ['a.%4g', 'token 2 at position 2'],
    // One spelling for one text: else "%2f" and "%2F" would be two topics.
    ['a.%2f', 'token 2 at position 2'],
    [`a.${'b'.repeat(129)}`, 'token 2 at position 2 has 129 characters, at most 128'],
    [Array.from({ length: 33 }, () => 'a').join('.'), 'it has 33 tokens, at most 32'],
  ])('is refused with the position of its fault: %j', (topic, fault) => {
    expect(refusal(() => assertTopic(topic))).toEqual({
      code: 'invalid_topic',
      message: expect.stringContaining(fault),
    });
    expect(refusal(() => assertPattern(topic))).toEqual({
      code: 'invalid_pattern',
      message: expect.stringContaining(fault),
    });
  });

  it.each(['*', '>', 'agents.*.inbox', 'agents.>'])('has no wildcards, unlike a pattern: %s', (pattern) => {
    expect(refusal(() => assertTopic(pattern))).toEqual({
      code: 'invalid_topic',
      message: expect.stringContaining('one exact topic'),
    });
    expect(assertPattern(pattern)).toBe(pattern);
  });

  it('is shortened in the message when it is endless', () => {
    const { message } = refusal(() => assertTopic(' '.repeat(10_000)));
    expect(message.length).toBeLessThan(1_000);
  });

  it('points to encodeToken when it holds other text', () => {
    expect(refusal(() => assertTopic('agents.Agent 4.inbox')).message).toContain('encodeToken()');
  });
});

describe('a pattern', () => {
  it('has ">" at its end only', () => {
    expect(refusal(() => assertPattern('agents.>.inbox'))).toEqual({
      code: 'invalid_pattern',
      message: expect.stringContaining('token 2 at position 7 is ">", which may only be the last token'),
    });
    expect(assertPattern('agents.*.>')).toBe('agents.*.>');
  });

  it.each(['a*', '*a', 'a.b>', '**', '>>', '*>'])('has wildcards as whole tokens only: %s', (pattern) => {
    expect(refusal(() => assertPattern(pattern)).code).toBe('invalid_pattern');
  });

  it('tells whether it has a wildcard', () => {
    expect(['a', 'a.b', 'a.*', '*.a', '>', 'a.>'].filter(hasWildcard)).toEqual(['a.*', '*.a', '>', 'a.>']);
  });
});

describe('matching', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'a.b', false],
    ['a.b', 'a', false],
    ['a.b', 'a_b', false],
    ['*', 'a', true],
    ['*', 'a.b', false],
    ['a.*', 'a', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['*.b', 'a.b', true],
    ['*.b', 'b', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.d', false],
    ['>', 'a', true],
    ['>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['a.>', 'a.b', true],
    ['a.>', 'a.b.c', true],
    ['a.>', 'ab.c', false],
    ['*.>', 'a', false],
    ['*.>', 'a.b', true],
    ['a.*.>', 'a.b', false],
    ['a.*.>', 'a.b.c.d', true],
  ])('%s on %s is %s', (pattern, topic, expected) => {
    expect(matches(pattern, topic)).toBe(expected);
  });
});

describe('encodeToken', () => {
  it('leaves letters, digits, "_" and "-" and encodes the rest', () => {
    expect(encodeToken('Agent-4_x')).toBe('Agent-4_x');
    expect(encodeToken('Agent 4 (Captain)')).toBe('Agent%204%20%28Captain%29');
    expect(encodeToken('.')).toBe('%2E');
    expect(encodeToken('*>%')).toBe('%2A%3E%25');
    expect(encodeToken('é😀')).toBe('%C3%A9%F0%9F%98%80');
  });

  it('gives a legal token for every text, which decodes to the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }), (text) => {
        const token = encodeToken(text);
        expect(assertTopic(`agents.${token}.inbox`)).toContain(token);
        expect(decodeToken(token)).toBe(text);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it('gives different tokens for different texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'A', '%', '2', '0', ' ', '.', 'é', 'e\u0301'), minLength: 1 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(encodeToken(one) === encodeToken(other)).toBe(one === other);
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  it('replaces lone surrogates, for which UTF-8 has no form', () => {
    expect(decodeToken(encodeToken('a\ud800b'))).toBe('a\ufffdb');
  });

  it('refuses an empty text, and one that becomes too long', () => {
    expect(refusal(() => encodeToken('')).code).toBe('invalid_topic');
    expect(encodeToken('😀'.repeat(10))).toHaveLength(120);
    expect(refusal(() => encodeToken('😀'.repeat(11)))).toEqual({
      code: 'invalid_topic',
      message: expect.stringContaining('132 characters long once encoded'),
    });
  });
});

it('decodeToken refuses a token that encodes no text', () => {
  // Legal as a topic, and anybody may publish on it; but these bytes are no UTF-8.
  expect(assertTopic('agents.%FF.inbox')).toBe('agents.%FF.inbox');
  expect(refusal(() => decodeToken('%FF'))).toEqual({
    code: 'invalid_topic',
    message: expect.stringContaining('"%FF"'),
  });
});
