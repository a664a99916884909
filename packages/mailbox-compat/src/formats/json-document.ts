import { firstBroken, type JsonNode } from './json-node.ts';
import { type ParsedJson, parseJson } from './json-parser.ts';
import { noRepairs, type Repairs } from './json-repairs.ts';
import { matchLength } from './match-length.ts';

const betweenValues = /[\s\0,]+/y;

/** A JSON file as it is: its values, what stands around them, and what had to be repaired. */
export interface JsonDocument {
  readonly values: readonly JsonNode[];
  /** Prose or fences around the values, to be kept with the letter. */
  readonly prose: readonly { readonly start: number; readonly end: number }[];
  readonly repairs: Repairs;
}

/**
 * Reads a file that should be JSON; undefined when it holds prose without any JSON. `text` is the file seen as Latin-1.
 * `lines`: each line is a value of its own (JSONL), so that a bad line costs only itself.
 */
export function readJsonDocument(text: string, lines: boolean): JsonDocument | undefined {
  const repairs = noRepairs();
  const start = firstContent(text, repairs);
  const first = text[start];
  if (first === '{' || first === '[') return lines ? readLines(text, start, repairs) : readValues(text, start, repairs);
  const only = parseJson(text, start);
  if (only.node.kind === 'scalar' && /^[\s\0]*$/.test(text.slice(only.end))) {
    return { values: [only.node], prose: [], repairs };
  }
  return findInProse(text, start, repairs);
}

/** Moves over a byte order mark, white space and comments before the first value. */
function firstContent(text: string, repairs: Repairs): number {
  let at = 0;
  if (text.startsWith('\xEF\xBB\xBF')) {
    repairs.how.add('byte order mark');
    at = 3;
  }
  const before = /^(?:[\s\0]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/;
  for (;;) {
    const found = before.exec(text.slice(at, at + 100_000))?.[0] ?? '';
    if (found === '') return at;
    if (found.includes('\0')) repairs.how.add('NUL bytes at the beginning');
    else if (found.trim() !== '') {
      repairs.how.add('comments');
      repairs.comments.push(Buffer.from(found, 'latin1').toString('utf8').trim());
    }
    at += found.length;
  }
}

function readLines(text: string, start: number, repairs: Repairs): JsonDocument {
  const values: JsonNode[] = [];
  for (let at = start; at < text.length; ) {
    const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
    const line = text.slice(0, end);
    at += matchLength(betweenValues, line, at);
    if (at >= end) {
      at = end + 1;
      continue;
    }
    const parsed = parseBest(line, at);
    // JSON over several lines in a file that is named after lines.
    if (parsed.node.kind === 'broken' && values.length === 0) return readValues(text, start, repairs);
    values.push(parsed.node);
    merge(repairs, parsed.repairs);
    at = parsed.end;
  }
  return { values, prose: [], repairs };
}

function readValues(text: string, start: number, repairs: Repairs): JsonDocument {
  const values: JsonNode[] = [];
  const prose: { start: number; end: number }[] = [];
  for (let at = start; ; ) {
    const parsed = parseBest(text, at);
    values.push(parsed.node);
    merge(repairs, parsed.repairs);
    const rest = text.slice(parsed.end);
    const gap = matchLength(betweenValues, text, parsed.end);
    at = parsed.end + gap;
    if (gap === rest.length) {
      if (rest.includes('\0')) repairs.how.add('NUL bytes at the end');
      break;
    }
    if (/^[\s\0\]}"',]*$/.test(rest)) {
      // Closing brackets without opening ones: the last bytes of an older, longer write, and no content.
      repairs.how.add('leftover brackets');
      break;
    }
    if ('{['.includes(text[at] ?? '') && (values.length > 1 || isSequence(text, at))) {
      repairs.how.add('several values');
      continue;
    }
    const range = { start: parsed.end, end: text.length };
    if (looksLikeTail(text, at)) {
      values.push({ kind: 'broken', reason: 'the tail of an older, longer write', ...range });
      repairs.how.add('older tail');
    } else {
      prose.push(range);
      repairs.how.add(/^\s*```\s*$/.test(rest) ? 'fence' : 'prose');
    }
    break;
  }
  return { values, prose, repairs };
}

/** The value at a place; where it cannot be read, a second try takes quotes inside texts for part of them. */
function parseBest(text: string, at: number): ParsedJson {
  const strict = parseJson(text, at);
  const broken = firstBroken(strict.node);
  if (broken === undefined || broken.reason.startsWith('it ') || strict.node.kind === 'array') return strict;
  const loose = parseJson(text, at, true);
  return firstBroken(loose.node) === undefined ? loose : strict;
}

/**
 * Whether what follows a value is more values, because several writers appended, rather than the tail of an older,
 * longer write, which ends in brackets that close nothing. Letters of such a tail were removed once and stay removed.
 */
function isSequence(text: string, at: number): boolean {
  let from = at;
  while (from < text.length) {
    if (!'{['.includes(text[from] ?? '')) return !looksLikeTail(text, from);
    const { node, end } = parseJson(text, from);
    if (node.kind === 'broken') return node.reason.startsWith('it ends');
    from = end + matchLength(betweenValues, text, end);
  }
  return true;
}

function looksLikeTail(text: string, at: number): boolean {
  return /[\]}]\s*$/.test(text.slice(-200)) || '"\':,]}{['.includes(text[at] ?? '');
}

/** JSON between sentences or fences: tried at the first places where a bracket opens a line, then at the first brace. */
function findInProse(text: string, start: number, repairs: Repairs): JsonDocument | undefined {
  const opening = /^[ \t]*(?=[{[])/gm;
  opening.lastIndex = start;
  const places: number[] = [];
  for (let found = opening.exec(text); found !== null && places.length < 8; found = opening.exec(text)) {
    places.push(found.index + found[0].length);
    if (found[0] === '') opening.lastIndex++;
  }
  const brace = text.indexOf('{', start);
  if (brace >= 0 && places.length === 0) places.push(brace);
  for (const place of places) {
    const parsed = parseJson(text, place);
    if (!holdsLetters(parsed.node)) continue;
    merge(repairs, parsed.repairs);
    const after = { start: parsed.end, end: text.length };
    const around = [{ start, end: place }, after].filter((range) => text.slice(range.start, range.end).trim() !== '');
    const fenced = around.every((range) => /^\s*```\w*\s*$/.test(text.slice(range.start, range.end)));
    repairs.how.add(fenced ? 'fence' : 'prose');
    return { values: [parsed.node], prose: fenced ? [] : around, repairs };
  }
  return undefined;
}

function holdsLetters(node: JsonNode): boolean {
  if (firstBroken(node) !== undefined) return false;
  if (node.kind === 'array') return node.items.length > 0 && node.items.every((item) => item.kind === 'object');
  return node.kind === 'object' && node.members.length > 0;
}

function merge(into: Repairs, from: Repairs): void {
  for (const how of from.how) into.how.add(how);
  for (const comment of from.comments) into.comments.push(comment);
  into.guessed ||= from.guessed;
}
