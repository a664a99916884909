import { describe, expect, test } from 'vitest';
import { countOf, createScreen, harmless, milliseconds } from '../src/screen.ts';

/** What is written by `draw`. */
function written(draw: (screen: ReturnType<typeof createScreen>) => void, isTTY: boolean, env = {}): string {
  let text = '';
  const paper = {
    isTTY,
    write(chunk: string) {
      text += chunk;
    },
  };
  draw(createScreen(paper, env));
  return text;
}

describe('a screen', () => {
  test('uses colours on a terminal, and not where NO_COLOR is set or nobody looks', () => {
    const draw = ({ line, paint }: ReturnType<typeof createScreen>): void => line(paint.good('✓'));
    expect(written(draw, true)).toBe('   \u001b[32m✓\u001b[39m\n');
    expect(written(draw, true, { NO_COLOR: '' })).toContain('\u001b');
    expect(written(draw, true, { NO_COLOR: '1' })).toBe('   ✓\n');
    expect(written(draw, false)).toBe('   ✓\n');
  });

  test('aligns texts to the left and figures to the right', () => {
    const draw = ({ table }: ReturnType<typeof createScreen>): void =>
      table([
        ['agent', 'letters'],
        ['planner', '7'],
        ['x', '1,200'],
      ]);
    expect(written(draw, false)).toBe('   agent     letters\n   planner         7\n   x           1,200\n');
  });
});

test('text of others loses what could steer a terminal, and its length is bounded', () => {
  expect(harmless('a\u001b[2Jb\nc\u202ed\u0000', 20)).toBe('a [2Jb c d');
  expect(harmless('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
});

test('figures are written for people', () => {
  expect([countOf(1, 'letter'), countOf(2_000, 'letter'), countOf(2, 'copy', 'copies')]).toEqual([
    '1 letter',
    '2,000 letters',
    '2 copies',
  ]);
  expect([0.314, 31.4, 314.4].map(milliseconds)).toEqual(['0.31 ms', '31.4 ms', '314 ms']);
});
