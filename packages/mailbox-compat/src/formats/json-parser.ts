import type { JsonMember, JsonNode } from './json-node.ts';
import type { Repairs } from './json-repairs.ts';
import { createJsonScanner, type JsonScanner } from './json-scanner.ts';
import { skipBalanced } from './skip-balanced.ts';

/** Deeper nesting is quarantined: nobody writes it, and what comes after us may recurse. */
const maxDepth = 200;

/** What was read from one place on, and where it ended. Parts that could not be read are `broken` nodes. */
export interface ParsedJson {
  readonly node: JsonNode;
  readonly end: number;
  readonly repairs: Repairs;
}

type Frame = { readonly start: number; expects: 'item' | 'value' | 'next' | 'close'; afterComma: boolean } & (
  | { readonly kind: 'object'; readonly members: JsonMember[]; key: string }
  | { readonly kind: 'array'; readonly items: JsonNode[] }
  | { readonly kind: 'wrapper'; inner: JsonNode | undefined }
);

/**
 * Reads the JSON value at `start`, forgiving what can be forgiven without guessing at content: comments, stray and
 * missing commas, extra braces around an object, raw line breaks and Windows paths in texts, Python's spelling, missing
 * brackets at the end.
 *
 * It keeps its own stack, so that no nesting can overflow the call stack, and takes time linear in the length. An element
 * of a list of letters that cannot be read becomes a `broken` node, and reading goes on behind it.
 */
export function parseJson(text: string, start: number, looseQuotes = false): ParsedJson {
  const scanner = createJsonScanner(text, start, looseQuotes);
  const stack: Frame[] = [];
  let root: JsonNode | undefined;

  const complete = (node: JsonNode): void => {
    const frame = stack.at(-1);
    if (frame === undefined) root = node;
    else if (frame.kind === 'array') frame.items.push(node);
    else if (frame.kind === 'object') frame.members.push({ key: frame.key, node });
    else frame.inner = node;
    if (frame !== undefined) frame.expects = frame.kind === 'wrapper' ? 'close' : 'next';
  };
  const close = (): void => {
    const frame = stack.pop();
    if (frame === undefined) return;
    const range = { start: frame.start, end: scanner.at };
    if (frame.kind === 'object') complete({ kind: 'object', members: frame.members, ...range });
    else if (frame.kind === 'array') complete({ kind: 'array', items: frame.items, ...range });
    else complete(frame.inner ?? { kind: 'broken', reason: 'there is nothing inside its braces', ...range });
  };

  while (root === undefined) {
    scanner.skipTrivia();
    const frame = stack.at(-1);
    const fault =
      scanner.at >= text.length ? atEnd(frame, stack, scanner, close) : step(frame, stack, scanner, complete, close);
    if (fault !== undefined) root = recover(fault, stack, scanner, complete, start) ?? root;
  }
  return { node: root, end: scanner.at, repairs: scanner.repairs };
}

/** One step inside the innermost open value; the fault as text when there is no way on. */
function step(
  frame: Frame | undefined,
  stack: Frame[],
  scanner: JsonScanner,
  complete: (node: JsonNode) => void,
  close: () => void,
): string | undefined {
  const character = scanner.text[scanner.at] ?? '';
  const { how } = scanner.repairs;
  if (frame === undefined || frame.expects === 'value') return beginValue(stack, scanner, complete);

  if (frame.expects === 'close') {
    if (character === '}') scanner.at++;
    else how.add('missing brackets');
    close();
    return undefined;
  }
  if (character === ',') {
    if (frame.expects === 'item') how.add('extra commas');
    frame.expects = 'item';
    frame.afterComma = true;
    scanner.at++;
    return undefined;
  }
  if (character === '}' || character === ']') return closeBracket(character, frame, stack, scanner, close);
  if (frame.expects === 'next') {
    if (!'"\'{['.includes(character) || (frame.kind === 'object' && '{['.includes(character))) {
      return `there is neither a comma nor a closing bracket at byte ${scanner.at}`;
    }
    how.add('missing commas');
    frame.expects = 'item';
  }
  if (frame.kind === 'array') return beginValue(stack, scanner, complete);
  return beginMember(frame, stack, scanner);
}

function closeBracket(
  character: string,
  frame: Frame,
  stack: Frame[],
  scanner: JsonScanner,
  close: () => void,
): string | undefined {
  const wanted = character === ']' ? 'array' : 'object';
  if (frame.kind !== wanted) {
    // `{"a": [1, 2}`: the inner bracket was forgotten.
    if (!stack.some((open) => open.kind === wanted)) return `the bracket at byte ${scanner.at} closes nothing`;
    scanner.repairs.how.add('missing brackets');
    close();
    return undefined;
  }
  if (frame.afterComma && frame.expects === 'item') scanner.repairs.how.add('trailing commas');
  scanner.at++;
  close();
  return undefined;
}

function beginMember(frame: Frame, stack: Frame[], scanner: JsonScanner): string | undefined {
  if (frame.kind !== 'object') return undefined;
  if (scanner.text[scanner.at] === '{' && frame.members.length === 0 && !frame.afterComma) {
    // `{{ … }}`: a template's braces around the object were never rendered away.
    scanner.repairs.how.add('extra braces');
    stack.pop();
    stack.push({ kind: 'wrapper', start: frame.start, expects: 'value', afterComma: false, inner: undefined });
    return undefined;
  }
  const key = scanner.key();
  if (key === undefined) return missing('key', scanner);
  scanner.skipTrivia();
  if (scanner.text[scanner.at] !== ':') return `there is no colon after the key at byte ${scanner.at}`;
  scanner.at++;
  frame.key = key;
  frame.expects = 'value';
  frame.afterComma = false;
  return undefined;
}

function beginValue(stack: Frame[], scanner: JsonScanner, complete: (node: JsonNode) => void): string | undefined {
  const start = scanner.at;
  const character = scanner.text[start];
  // A placeholder also begins with a brace, so scalars come first; at the root `{{` can only be extra braces.
  const token = stack.length > 0 || character !== '{' ? scanner.scalar() : undefined;
  if (token !== undefined) {
    complete({ kind: 'scalar', start, end: scanner.at, ...token });
    return undefined;
  }
  if (character !== '{' && character !== '[') return missing('value', scanner);
  if (stack.length >= maxDepth) return `it is nested deeper than ${maxDepth} levels`;
  scanner.at++;
  const open = { start, expects: 'item' as const, afterComma: false };
  stack.push(
    character === '{' ? { kind: 'object', members: [], key: '', ...open } : { kind: 'array', items: [], ...open },
  );
  return undefined;
}

function missing(what: string, { text, at }: JsonScanner): string {
  const quoted = text[at] === '"' || text[at] === "'";
  return quoted ? `it ends inside the text that begins at byte ${at}` : `there is no ${what} at byte ${at}`;
}

/** At the end of the file only closing brackets may be missing; anything else means that content was cut off. */
function atEnd(frame: Frame | undefined, stack: Frame[], scanner: JsonScanner, close: () => void): string | undefined {
  if (frame === undefined) return 'there is nothing to read';
  const complete = frame.expects === 'next' || frame.expects === 'close' || frame === listOfLetters(stack);
  if (!complete) return 'it ends early';
  scanner.repairs.how.add('missing brackets');
  close();
  return undefined;
}

/** The outermost list, where a fault costs one element and not the file. */
function listOfLetters(stack: readonly Frame[]): (Frame & { kind: 'array' }) | undefined {
  return stack.slice(0, 2).find((frame) => frame.kind === 'array');
}

/** Gives up the element with the fault; returns the root when nothing can be read after it. */
function recover(
  fault: string,
  stack: Frame[],
  scanner: JsonScanner,
  complete: (node: JsonNode) => void,
  start: number,
): JsonNode | undefined {
  const { text } = scanner;
  const list = listOfLetters(stack);
  if (list === undefined) {
    scanner.at = text.length;
    return { kind: 'broken', reason: fault, start, end: text.length };
  }
  const from = stack[stack.indexOf(list) + 1]?.start ?? scanner.at;
  const end = skipBalanced(text, from);
  stack.length = stack.indexOf(list) + 1;
  scanner.at = end;
  complete({ kind: 'broken', reason: fault, start: from, end });
  return undefined;
}
