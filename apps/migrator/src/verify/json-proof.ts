import { carriesContent } from './carries-content.ts';
import { excerpt } from './excerpt.ts';
import { jsonLeaves, type Leaf } from './json-leaves.ts';
import { describeScalar, type StoredScalar } from './stored-scalars.ts';

const words: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false' };

/**
 * Proves that JSON-like text and a stored payload hold the same leaves, each as often as the other and under the same
 * keys, or as subject, type or body. Returns what is wrong.
 *
 * Taken as equal: numbers of equal value, Python's words and JSON's, and texts with different escapes. What was kept
 * beside the letter's own fields may hold more than the file has in JSON, such as a comment. `mayDiffer` names fields
 * of the letter that are not compared.
 */
export function proveJson(
  raw: string,
  stored: readonly StoredScalar[],
  mayDiffer: (field: string) => boolean,
): string[] {
  const kept = stored.filter(({ part }) => part === 'kept').map(({ text }) => text);
  const unmatched = new Map<string, StoredScalar[]>();
  for (const scalar of stored) {
    const equal = unmatched.get(scalar.text);
    if (equal === undefined) unmatched.set(scalar.text, [scalar]);
    else equal.push(scalar);
  }
  const leaves = [...jsonLeaves(raw)];
  // A queue wraps the letter: `{message: {…}, queue_id, …}`.
  const isWrapped = leaves.some(({ path }) => path[0] === 'message' && path.length > 1);
  const fieldOfLeaf = ({ path }: Leaf): string =>
    (isWrapped ? (path[0] === 'message' ? path[1] : envelopeField) : path[0]) ?? '';
  let left = leaves.filter((leaf) => !mayDiffer(fieldOfLeaf(leaf)));
  // All at their own place first: otherwise a leaf that has two might take the only one of another.
  for (const fits of [isExtra, isOwn, isWhole, isPlaced])
    left = left.filter((leaf) => !takeEqual(leaf, fits, unmatched));
  const problems = left
    .filter((leaf) => !isKept(leaf, kept))
    .map((leaf) => `${describeLeaf(leaf)} is not in the stored message`);
  for (const scalar of [...unmatched.values()].flat()) {
    if (scalar.part === 'kept' || mayDiffer(scalar.part === 'envelope' ? envelopeField : fieldOf(scalar))) continue;
    problems.push(`the stored message has ${describeScalar(scalar)}, which is not in the file`);
  }
  return problems;
}

/** Stands for every field by which a queue describes a letter. */
export const envelopeField = 'mailbox-envelope';

/** A body that is the whole letter has the letter's fields in it. */
function fieldOf({ place, path }: StoredScalar): string {
  return path[0] ?? place ?? '';
}

function describeLeaf({ path, text }: Leaf): string {
  return path.length === 0 ? excerpt(text) : `${excerpt(text)} as ${JSON.stringify(path.join('.'))}`;
}

type Fits = (scalar: StoredScalar, written: readonly string[]) => boolean;

function takeEqual(leaf: Leaf, fits: Fits, unmatched: Map<string, StoredScalar[]>): boolean {
  for (const text of spellings(leaf)) {
    const equal = unmatched.get(text) ?? [];
    const at = equal.findIndex((scalar) => readings(leaf.path).some((path) => fits(scalar, path)));
    if (at < 0) continue;
    equal.splice(at, 1);
    return leaf.quoted || !isInexact(leaf.text, text) || unmatched.has(leaf.text);
  }
  return false;
}

/** The keys of a leaf as they are, and without the wrapper that a queue puts around a letter. */
function readings(path: readonly string[]): (readonly string[])[] {
  return path[0] === 'message' && path.length > 1 ? [path, path.slice(1)] : [path];
}

/** The field stayed what it was. One called `body` may have done so too, when another field has more to say. */
function isExtra({ place, path }: StoredScalar, written: readonly string[]): boolean {
  return place === undefined && isSame(path, written);
}

function isOwn({ place, path }: StoredScalar, written: readonly string[]): boolean {
  return isSame(place === undefined ? path : [place, ...path], written);
}

/** The whole letter became the body. */
function isWhole({ place, path }: StoredScalar, written: readonly string[]): boolean {
  return place === 'body' && isSame(path, written);
}

/** The field became subject, type or body. */
function isPlaced({ place, path }: StoredScalar, written: readonly string[]): boolean {
  return place !== undefined && written.length > 0 && isSame(path, written.slice(1));
}

function isSame(stored: readonly string[], written: readonly string[]): boolean {
  const path = stored[0] === 'mailbox-duplicate-keys' ? pointer(stored[1] ?? '').concat(stored.slice(2)) : stored;
  return path.length === written.length && path.every((key, index) => key === written[index]);
}

/** Earlier values of a key that an object names twice are kept under a JSON pointer. */
function pointer(text: string): string[] {
  return text
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function spellings({ text, quoted }: Leaf): string[] {
  if (quoted) return [text];
  const value = /^-?[\d.]/.test(text) ? Number(text) : Number.NaN;
  return [...new Set([text, Number.isFinite(value) ? String(value) : (words[text] ?? text)])];
}

/** Whether a number has more digits than were stored. */
function isInexact(written: string, stored: string): boolean {
  const digits = (text: string): string =>
    text
      .replace(/e.*$/i, '')
      .replace(/(\..*?)0+$/, '$1')
      .replace(/[^\d]/g, '')
      .replace(/^0+/, '')
      .replace(/0+$/, '');
  return /^-?[\d.]/.test(written) && digits(written) !== digits(stored);
}

/** A comment, a sentence around the JSON, or a code fence, of which nothing is lost when it is left out. */
function isKept({ text, quoted, path }: Leaf, kept: readonly string[]): boolean {
  if (path.length > 0 && (text === '[]' || text === '{}')) return quoted && kept.includes(text);
  if (!quoted && !carriesContent(text)) return true;
  return kept.some((keepsake) => keepsake.includes(text.trim()));
}
