import { carriesContent } from './carries-content.ts';
import { excerpt } from './excerpt.ts';
import { jsonLeaves } from './json-leaves.ts';

/** A byte range of a file, end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Stands for an entry in what is left of a file without its entries. A noncharacter: no text means it. */
const entryMark = '\uFFFE';

/**
 * Looks at what lies outside of every entry, so that a list element or a block that no reader took is noticed. Returns
 * what carries content and is nowhere in `kept`, the texts that were kept beside the letters of the file.
 *
 * Nothing is lost with white space and punctuation, nor with what a container says of itself: the members of an object
 * that holds a list of letters, and its lists of bare ids. An object or a text in a list is a letter that is missing.
 */
export function unaccounted(
  bytes: Uint8Array,
  entries: readonly Range[],
  decode: (bytes: Uint8Array) => string,
  kept: readonly string[],
): string[] {
  const leaves = [...jsonLeaves(withoutEntries(bytes, entries, decode))];
  const letterLists = new Set(leaves.filter(({ text }) => text === entryMark).map(({ frame }) => frame));
  const left = leaves.filter(({ text, within, frame }) => {
    const isContainers = /^\{+$/.test(within) || (/^\{+\[$/.test(within) && !letterLists.has(frame));
    return !isContainers && text !== entryMark && carriesContent(text);
  });
  return left
    .filter(({ text }) => !kept.some((keepsake) => keepsake.includes(text.trim())))
    .map(({ text }) => `${excerpt(text)} is in no entry of the file`);
}

function withoutEntries(bytes: Uint8Array, entries: readonly Range[], decode: (bytes: Uint8Array) => string): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end } of [...entries].sort((a, b) => a.start - b.start)) {
    if (start > at) pieces.push(decode(bytes.subarray(at, start)));
    pieces.push(` ${entryMark} `);
    at = Math.max(at, end);
  }
  pieces.push(decode(bytes.subarray(at)));
  return pieces.join('');
}
