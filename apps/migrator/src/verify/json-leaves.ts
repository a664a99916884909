/** A value without parts, as it stands in JSON or in what a person or program took for JSON. An empty list is one too. */
export interface Leaf {
  /** The keys above it, outermost first. */
  readonly path: readonly string[];
  /** A text without its quotes and escapes; anything else as it is written. */
  readonly text: string;
  readonly quoted: boolean;
  /** The brackets that are open around it, outermost first. */
  readonly within: string;
  /** Numbers the innermost of them in the order of opening; 0 outside of all. */
  readonly frame: number;
}

interface Frame {
  readonly within: string;
  readonly number: number;
  /** The keys above what is being read in it. */
  path: readonly string[];
  /** The keys above the frame itself. */
  readonly above: readonly string[];
  isEmpty: boolean;
}

const blank = /[\s,:\0]+/y;
/** Comments, placeholders without quotes, and everything else up to where JSON would go on. */
const word = /(?:\/\/|#)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\{\{[^{}"\n]*\}\}|[^\s{}[\],:"\0]+/y;
const colon = /\s*:/y;

/**
 * Lists the leaves of JSON-like text, without a grammar: brackets are counted, never required to match, so that no
 * damage makes it stop. Comments are leaves too. On purpose it shares nothing with the readers of the formats, whose
 * work it is there to check.
 */
export function* jsonLeaves(text: string): Generator<Leaf> {
  const outside: Frame = { within: '', number: 0, path: [], above: [], isEmpty: true };
  const frames: Frame[] = [];
  let opened = 0;
  for (let at = 0; at < text.length; ) {
    at = endOf(blank, text, at) ?? at;
    const character = text[at];
    if (character === undefined) return;
    const frame = frames.at(-1) ?? outside;
    const token = readToken(text, at);
    if (character !== '}' && character !== ']') frame.isEmpty = false;
    if (token !== undefined) {
      at = token.end;
      const isComment = !token.quoted && /^(?:\/[/*]|#)/.test(token.text);
      const isKey = frame.within.endsWith('{') && !isComment && endOf(colon, text, at) !== undefined;
      if (isKey) frame.path = [...frame.above, token.text];
      else yield leafIn(frame, token.text, token.quoted);
      continue;
    }
    at += 1;
    if (character === '}' || character === ']') {
      const closed = frames.pop();
      if (closed?.isEmpty === true)
        yield leafIn(frames.at(-1) ?? outside, closed.within.endsWith('{') ? '{}' : '[]', false);
    } else {
      opened += 1;
      frames.push({
        within: frame.within + character,
        number: opened,
        path: frame.path,
        above: frame.path,
        isEmpty: true,
      });
    }
  }
}

function leafIn({ path, within, number }: Frame, text: string, quoted: boolean): Leaf {
  return { path, text, quoted, within, frame: number };
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly end: number;
}

function readToken(text: string, at: number): Token | undefined {
  const quoted = text[at] === '"' || text[at] === "'" ? readQuoted(text, at) : undefined;
  if (quoted !== undefined) return quoted;
  const end = endOf(word, text, at);
  return end === undefined ? undefined : { text: text.slice(at, end), quoted: false, end };
}

/** A text in quotes. Where a single quote is never closed it is an apostrophe; a double one runs to the end. */
function readQuoted(text: string, start: number): Token | undefined {
  const quote = text.charAt(start);
  let value = '';
  // A regular expression would do, but exhausts its stack on a text of some megabytes with many escapes.
  for (let at = start + 1, from = at; ; at += 1) {
    const character = text[at];
    if (character === undefined && quote === "'") return undefined;
    if (character === undefined || character === quote) {
      return { text: value + text.slice(from, at), quoted: true, end: Math.min(at + 1, text.length) };
    }
    if (character !== '\\') continue;
    const hex = /^u[\da-fA-F]{4}/.test(text.slice(at + 1, at + 6)) ? text.slice(at + 2, at + 6) : undefined;
    const next = text[at + 1] ?? '';
    value += text.slice(from, at) + (hex === undefined ? (controls[next] ?? next) : character16(hex));
    at += hex === undefined ? 1 : 5;
    from = at + 1;
  }
}

const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function character16(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function endOf(sticky: RegExp, text: string, at: number): number | undefined {
  sticky.lastIndex = at;
  return sticky.test(text) && sticky.lastIndex > at ? sticky.lastIndex : undefined;
}
