import { noRepairs, type Repairs } from './json-repairs.ts';
import { readQuoted, utf8 } from './json-text.ts';
import { matchLength } from './match-length.ts';

/** A scalar as a token; `literal` is a number's spelling. */
interface ScalarToken {
  readonly value: string | number | boolean | null;
  readonly literal?: string;
}

/**
 * Reads tokens of JSON and of what people and programs take for JSON, and moves on behind them.
 *
 * It works on the file's bytes seen as Latin-1, so that an index is a byte offset and the grammar, which is ASCII, can be
 * matched directly; texts are decoded as UTF-8 when they are taken out.
 */
export interface JsonScanner {
  readonly text: string;
  readonly repairs: Repairs;
  at: number;
  /** Moves over white space and comments. */
  skipTrivia(): void;
  /** A text, number or word; undefined, without moving, when there is none. */
  scalar(): ScalarToken | undefined;
  /** A key, with or without quotes; undefined, without moving, when there is none. */
  key(): string | undefined;
}

/** Scans `text` from `start`; see {@link readQuoted} for `looseQuotes`. */
export function createJsonScanner(text: string, start: number, looseQuotes: boolean): JsonScanner {
  const repairs = noRepairs();

  const take = (sticky: RegExp): string => {
    const length = matchLength(sticky, text, scanner.at);
    scanner.at += length;
    return text.slice(scanner.at - length, scanner.at);
  };
  const quoted = (): string | undefined => {
    const found = readQuoted(text, scanner.at, looseQuotes, repairs);
    if (found !== undefined) scanner.at = found.end;
    return found?.value;
  };

  const scanner: JsonScanner = {
    text,
    repairs,
    at: start,
    skipTrivia() {
      for (;;) {
        const space = take(whitespace);
        if (space !== '' && oddWhitespace.test(space)) repairs.how.add('odd white space');
        const comment = take(commentToken);
        if (comment !== '') {
          repairs.how.add('comments');
          repairs.comments.push(utf8(comment).trim());
        } else if (space === '') return;
      }
    },
    scalar() {
      if (text[scanner.at] === '"' || text[scanner.at] === "'") {
        const value = quoted();
        return value === undefined ? undefined : { value };
      }
      const number = take(numberToken);
      if (number !== '') return { value: Number(number), literal: number };
      const word = take(wordToken);
      const known = words.get(word);
      if (known !== undefined) {
        if (known.repair !== undefined) repairs.how.add(known.repair);
        return { value: known.value };
      }
      scanner.at -= word.length;
      const placeholder = take(placeholderToken);
      if (placeholder === '') return undefined;
      repairs.how.add('placeholder without quotes');
      return { value: utf8(placeholder) };
    },
    key() {
      if (text[scanner.at] === '"' || text[scanner.at] === "'") return quoted();
      const name = take(nameToken);
      if (name === '') return undefined;
      repairs.how.add('keys without quotes');
      return name;
    },
  };
  return scanner;
}

// The no-break space and the byte order mark count as white space too; some editors and models indent with them.
const whitespace = /[\0-\x20]+|\xC2\xA0|\xEF\xBB\xBF/y;
const oddWhitespace = /[^ \t\r\n]/;
const commentToken = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|#[^\n]*/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![^\s,\]}/#\0])/y;
const wordToken = /-?[A-Za-z]+(?![^\s,\]}/#\0])/y;
const nameToken = /[A-Za-z_$][\w$-]*(?=\s*:)/y;
/** `{{now}}` or `{{ uuid() }}` where a value should be. */
const placeholderToken = /\{\{\s*[A-Za-z_$][\w.$]*(?:\([^(){}"\n]*\))?\s*\}\}/y;

const words = new Map<string, { value: string | boolean | null; repair?: string }>([
  ['true', { value: true }],
  ['false', { value: false }],
  ['null', { value: null }],
  ['True', { value: true, repair: 'Python words' }],
  ['False', { value: false, repair: 'Python words' }],
  ['None', { value: null, repair: 'Python words' }],
  // JSON has no such numbers; their names keep what was meant.
  ['NaN', { value: 'NaN', repair: 'NaN or Infinity' }],
  ['Infinity', { value: 'Infinity', repair: 'NaN or Infinity' }],
  ['-Infinity', { value: '-Infinity', repair: 'NaN or Infinity' }],
]);
