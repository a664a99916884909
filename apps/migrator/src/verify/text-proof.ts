import { carriesContent } from './carries-content.ts';
import { excerpt } from './excerpt.ts';
import { describeScalar, type StoredScalar } from './stored-scalars.ts';
import { wordsOf } from './words-of.ts';

/** Words of the names under which a text gives its subject and type, which are stored under names of their own. */
const promoted = ['subject', 'title', 'message', 'event', 'task', 'kind', 'type'];
/** What marks a header line or title, beside its key and value. */
const marks = /[\s*_:#[\]→=>|-]+/g;

/**
 * Proves that a text is stored: its end as the body, character by character, and what stands before it as header lines,
 * each of which is nothing but keys, values and marks. Returns what is wrong.
 *
 * Taken as equal: nothing; of a `copy` line ends of any kind, and white space around a line. Lines without a letter,
 * digit or symbol divide and carry nothing.
 */
export function proveText(raw: string, stored: readonly StoredScalar[], isCopy: boolean): string[] {
  const adapt = isCopy ? normalise : (text: string): string => text;
  const whole = adapt(clean(raw));
  const body = stored.find(isBody);
  if (body === undefined) return ['the stored message has no text as its body'];
  const text = adapt(body.text);
  const head = whole.slice(0, whole.length - text.length);
  if (!whole.endsWith(text) || (head !== '' && text !== '' && !/[\r\n]$/.test(head))) {
    return [`the stored body, ${excerpt(text)}, is not what the file ends in`];
  }
  const others = stored.filter((scalar) => scalar.part !== 'kept' && scalar !== body);
  const valuesIn = headerReader(others);
  const said = new Set<string>();
  for (const line of linesOf(whole)) for (const value of valuesIn(line) ?? []) said.add(value);
  const lost = linesOf(head).filter((line) => carriesContent(line) && valuesIn(line) === undefined);
  const added = others.filter(({ text: value }) => !said.has(value));
  return [
    ...lost.map((line) => `the line ${excerpt(line)} is not in the stored message`),
    ...added.map((scalar) => `the stored message has ${describeScalar(scalar)}, which is not in the file`),
  ];
}

/** Whether the body is the whole text: JSON in a file of another kind is taken as it stands. */
export function isVerbatim(raw: string, stored: readonly StoredScalar[]): boolean {
  return stored.some((scalar) => isBody(scalar) && normalise(scalar.text) === normalise(clean(raw)));
}

function isBody({ place, path }: StoredScalar): boolean {
  return place === 'body' && path.length === 0;
}

/** Without what marks the encoding at the beginning, and what a crash leaves at the end. */
function clean(raw: string): string {
  return raw.replace(/^\uFEFF/, '').replace(/\0+$/, '');
}

function normalise(text: string): string {
  return linesOf(text).join('\n').trim();
}

function linesOf(text: string): string[] {
  return text.split(/\r*\n|\r/).map((line) => line.trim());
}

/**
 * Reads header lines: `**From**: somebody`, `# A title`, `[type] one → two`. A line that is nothing but keys, marks and
 * whole values gives those values; any other gives undefined.
 */
function headerReader(fields: readonly StoredScalar[]): (line: string) => readonly string[] | undefined {
  const values = new Set(fields.map(({ text }) => text).filter((text) => text !== '' && text === text.trim()));
  const keysOf = (some: readonly StoredScalar[]): string[] => some.flatMap(({ path }) => path.flatMap(wordsOf));
  const keys = new Set([...promoted, ...keysOf(fields)]);
  const unsaid = new Set(keysOf(fields.filter(({ text }) => text === '')));
  const hasOnly = (text: string, words: ReadonlySet<string>): boolean =>
    text.replace(/[\p{L}\p{N}]+/gu, '').replace(marks, '') === '' && wordsOf(text).every((word) => words.has(word));

  /** Reads from the end, one value at a time; `inBrackets` when a closing one was just passed. */
  function read(text: string, inBrackets: boolean): readonly string[] | undefined {
    for (const value of values) {
      if (!text.endsWith(value)) continue;
      const before = text.slice(0, -value.length);
      if (!(inBrackets ? /\[$/ : /(?:^|[\s:#→>]|:\*\*|:__)$/).test(before)) continue;
      if (hasOnly(before, keys)) return [value];
      const arrow = /\s*(?:→|->|=>)\s*$/.exec(before);
      const bracket = /\]\s*$/.exec(before);
      const cut = arrow ?? bracket;
      const rest = cut === null ? undefined : read(before.slice(0, cut.index), arrow === null);
      if (rest !== undefined) return [value, ...rest];
    }
    return undefined;
  }

  return (line) =>
    read(line, false) ??
    read(line.replace(/(?:\*\*|__)$/, ''), false) ??
    (line !== '' && hasOnly(line, unsaid) ? [''] : undefined);
}
