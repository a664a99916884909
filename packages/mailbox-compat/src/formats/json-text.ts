import type { Repairs } from './json-repairs.ts';
import { matchLength } from './match-length.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are what it stops at
const plainDouble = /[^"\\\0-\x1F]+/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const plainSingle = /[^'\\\0-\x1F]+/y;
const afterText = /\s*(?:[,:}\]]|\/\/|$)/y;
const hexFour = /[0-9A-Fa-f]{4}/y;

/** A text between quotes, and where it ends. */
export interface ReadText {
  readonly value: string;
  readonly end: number;
}

/**
 * Reads the quoted text that begins at `start`; undefined when the file ends inside it.
 *
 * `text` is the file seen as Latin-1, one character a byte. Raw line breaks are taken as they are. With `looseQuotes` a
 * quote ends the text only where JSON could go on, so that a text with unescaped quotes can be read.
 */
export function readQuoted(text: string, start: number, looseQuotes: boolean, repairs: Repairs): ReadText | undefined {
  const quote = text[start];
  const plain = quote === "'" ? plainSingle : plainDouble;
  let escaped = false;
  let impossible = false;
  let standard = quote === '"';
  for (let at = start + 1; ; ) {
    at += matchLength(plain, text, at);
    const character = text[at];
    if (character === undefined) return undefined;
    if (character === '\\') {
      escaped = true;
      impossible ||= !isEscape(text, at);
      standard &&= text[at + 1] !== "'";
      at += 2;
    } else if (character !== quote) {
      repairs.how.add('control characters in a text');
      standard = false;
      at++;
    } else if (looseQuotes && matchLength(afterText, text, at + 1) === 0 && at + 1 < text.length) {
      repairs.how.add('unescaped quotes');
      repairs.guessed = true;
      standard = false;
      at++;
    } else {
      if (quote === "'") repairs.how.add('single quotes');
      const raw = text.slice(start + 1, at);
      const end = at + 1;
      if (!escaped) return { value: utf8(raw), end };
      // The platform's own reader is ten times as fast on a text full of escapes.
      if (standard && !impossible) return { value: String(JSON.parse(`"${utf8(raw)}"`)), end };
      return { value: resolveEscapes(raw, impossible, repairs), end };
    }
  }
}

/** The text of bytes that were seen as Latin-1. */
export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function resolveEscapes(raw: string, impossible: boolean, repairs: Repairs): string {
  if (!impossible) return unescapeWord(raw, false);
  // A word with an impossible escape is taken for a Windows path: all its backslashes stand for themselves.
  const words = raw.match(/\s+|\S+/g) ?? [];
  return words
    .map((word) => {
      const isPath = hasImpossibleEscape(word);
      if (isPath) {
        repairs.how.add('unescaped backslashes');
        repairs.guessed = true;
      }
      return unescapeWord(word, isPath);
    })
    .join('');
}

function unescapeWord(raw: string, isPath: boolean): string {
  const pieces: string[] = [];
  let from = 0;
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', from)) {
    const next = raw[at + 1] ?? '';
    pieces.push(utf8(raw.slice(from, at)));
    if (isPath && next !== '"' && next !== '\\') {
      pieces.push('\\');
      from = at + 1;
    } else if (next === 'u') {
      pieces.push(String.fromCharCode(Number.parseInt(raw.slice(at + 2, at + 6), 16)));
      from = at + 6;
    } else {
      pieces.push(simpleEscapes.get(next) ?? next);
      from = at + 2;
    }
  }
  pieces.push(utf8(raw.slice(from)));
  return pieces.join('');
}

function hasImpossibleEscape(word: string): boolean {
  for (let at = word.indexOf('\\'); at >= 0; at = word.indexOf('\\', at + 2)) if (!isEscape(word, at)) return true;
  return false;
}

/** `\'` is none of JSON's escapes but can only mean an apostrophe. */
function isEscape(text: string, at: number): boolean {
  const next = text[at + 1] ?? '';
  return next === 'u' ? matchLength(hexFour, text, at + 2) === 4 : '"\\/bfnrt\''.includes(next);
}

const simpleEscapes = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
