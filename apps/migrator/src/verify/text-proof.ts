import { carriesContent } from './carries-content.ts';
import { excerpt } from './excerpt.ts';
import { describeScalar, type StoredScalar } from './stored-scalars.ts';
import { wordsOf } from './words-of.ts';

/** More problems than that say nothing new about one letter. */
const enough = 5;
/** Words of the names under which a text gives its subject and type, which are stored under names of their own. */
const promoted = ['subject', 'title', 'message', 'event', 'task', 'kind', 'type'];
/** What marks a header line or title, beside its key and value. */
const marks = /[\s*_:#[\]→=>|-]+/g;

/**
 * Proves that every line of a text is in a stored payload, and that every stored text stands in the file as a whole.
 * Returns what is wrong.
 *
 * Taken as equal: line ends of any kind, and white space around a line. Lines without a letter, digit or symbol divide
 * and carry nothing. A header line may be stored as keys and values.
 */
export function proveText(raw: string, stored: readonly StoredScalar[]): string[] {
  const problems: string[] = [];
  const whole = normalise(raw);
  const texts = stored.map(({ text }) => normalise(text));
  const lines = new Set(texts.flatMap((text) => text.split('\n')));
  const isHeader = headerTest(stored);
  for (const line of whole.split('\n')) {
    if (problems.length >= enough) return problems;
    if (!carriesContent(line) || lines.has(line) || isHeader(line)) continue;
    if (texts.some((text) => text.includes(line))) continue;
    problems.push(`the line ${excerpt(line)} is not in the stored message`);
  }
  for (const [index, text] of texts.entries()) {
    const scalar = stored[index];
    if (scalar === undefined || scalar.part === 'kept' || whole.includes(text)) continue;
    problems.push(`the stored message has ${describeScalar(scalar)}, which is not in the file`);
  }
  return problems;
}

/** Whether the body is the whole text: JSON in a file of another kind is taken as it stands. */
export function isVerbatim(raw: string, stored: readonly StoredScalar[]): boolean {
  return stored.some(
    ({ place, path, text }) => place === 'body' && path.length === 0 && normalise(text) === normalise(raw),
  );
}

function normalise(text: string): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r*\n|\r/);
  return lines
    .map((line) => line.replace(/\0+$/, '').trim())
    .join('\n')
    .trim();
}

/** `**From**: somebody`, `# A title`: whether nothing is left of a line but keys and marks once its values are out. */
function headerTest(stored: readonly StoredScalar[]): (line: string) => boolean {
  const fields = stored.filter(({ place }) => place !== 'body');
  const values = fields.map(({ text }) => normalise(text)).filter((text) => text !== '' && !text.includes('\n'));
  values.sort((a, b) => b.length - a.length);
  const keys = new Set([...promoted, ...fields.flatMap(({ path }) => path.flatMap(wordsOf))]);
  const unsaid = new Set(fields.filter(({ text }) => text.trim() === '').flatMap(({ path }) => path.flatMap(wordsOf)));
  return (line) => {
    let rest = line;
    for (const value of values) rest = rest.replace(value, () => ' ');
    return (
      (rest !== line || wordsOf(line).every((word) => unsaid.has(word))) &&
      wordsOf(rest).every((word) => keys.has(word)) &&
      rest.replace(/[\p{L}\p{N}]+/gu, '').replace(marks, '') === ''
    );
  };
}
