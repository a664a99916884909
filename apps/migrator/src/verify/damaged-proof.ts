import { excerpt } from './excerpt.ts';
import { describeScalar, type StoredScalar } from './stored-scalars.ts';
import { wordsOf } from './words-of.ts';

/**
 * Proves as much as can be proved of text whose quotes and escapes are ambiguous: that the stored message has every word
 * of the file, or the file's very bytes, and that each stored text stands in the file but for quotes, backslashes and
 * white space. Returns what is wrong.
 */
export function proveDamaged(raw: string, bytes: Uint8Array, stored: readonly StoredScalar[]): string[] {
  const squeezed = squeeze(raw);
  const known = new Set(stored.flatMap(({ path, text }) => [...path, text].flatMap(wordsOf)));
  const base64 = Buffer.from(bytes).toString('base64');
  const isWhole = stored.some(({ part, text }) => part === 'kept' && text === base64);
  const lost = isWhole ? [] : [...new Set(wordsOf(raw))].filter((word) => !known.has(word));
  const added = stored.filter(({ text, part }) => part !== 'kept' && !squeezed.includes(squeeze(text)));
  return [
    ...lost.slice(0, 5).map((word) => `the word ${excerpt(word)} is not in the stored message`),
    ...added.map((scalar) => `the stored message has ${describeScalar(scalar)}, which is not in the file`),
  ];
}

function squeeze(text: string): string {
  return text
    .replace(/\\u([\da-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrtbf]/g, '')
    .replace(/[\s"'\\]+/g, '');
}
