import { excerpt } from './excerpt.ts';
import { describeScalar, type StoredScalar } from './stored-scalars.ts';
import { wordsOf } from './words-of.ts';

/**
 * Proves as much as can be proved of JSON whose quotes or backslashes are ambiguous, because somebody forgot to escape
 * them: that the stored message has every word of the file, or the file's very bytes, and that each stored value stands
 * in the file between marks of JSON, but for quotes, backslashes and white space. Returns what is wrong.
 */
export function proveDamaged(raw: string, bytes: Uint8Array, stored: readonly StoredScalar[]): string[] {
  const squeezed = squeeze(raw);
  const known = new Set(stored.flatMap(({ path, text }) => [...path, text].flatMap(wordsOf)));
  const base64 = Buffer.from(bytes).toString('base64');
  const isWhole = stored.some(({ part, text }) => part === 'kept' && text === base64);
  // A field that became subject, type or body is stored without its name.
  const written = isWhole ? [] : wordsOf(raw.replace(/"[^"\n]{1,64}"\s*:/g, ' '));
  const lost = [...new Set(written)].filter((word) => !known.has(word));
  const added = stored.filter(({ text, part }) => part !== 'kept' && !standsBetweenMarks(squeeze(text), squeezed));
  return [
    ...lost.slice(0, 5).map((word) => `the word ${excerpt(word)} is not in the stored message`),
    ...added.map((scalar) => `the stored message has ${describeScalar(scalar)}, which is not in the file`),
  ];
}

function standsBetweenMarks(value: string, squeezed: string): boolean {
  for (let at = squeezed.indexOf(value); at >= 0; at = squeezed.indexOf(value, at + 1)) {
    const after = squeezed.slice(at + value.length, at + value.length + 2);
    if (/^$|[:,[{]/.test(squeezed.charAt(at - 1)) && /^(?:$|[,\]}]|\/[/*])/.test(after)) return true;
  }
  return false;
}

function squeeze(text: string): string {
  return text
    .replace(/\\u([\da-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrtbf]/g, '')
    .replace(/[\s"'\\]+/g, '');
}
