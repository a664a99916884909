import type { Entry } from './entry.ts';
import type { FileText } from './file-text.ts';
import { parseTextLetter } from './text-letter.ts';

// Bounded, as an open count exhausts the expression's stack on a line of some megabytes.
const divider = /^={50,100}[ \t]*\r{0,2}$/gm;

/**
 * The letters of a text file. A line of fifty `=` divides them; what follows it without a header of its own belongs to
 * the letter before it, as the line is also an ornament.
 */
export function textEntries(text: FileText, end: number): Entry[] {
  const blocks = splitBlocks(text, end);
  const entries: { start: number; end: number; addressed: boolean }[] = [];
  for (const block of blocks) {
    const { addressed } = parseTextLetter(text.decode(block.start, block.end));
    const last = entries.at(-1);
    if (last === undefined || addressed) entries.push({ ...block, addressed });
    else last.end = block.end;
  }
  const divided = entries.some(({ addressed }) => addressed) && blocks.length > 1;
  const ranges = divided ? entries : [{ start: 0, end }];
  return ranges.map((range) => {
    const { fields, bodyKey, closingTime } = parseTextLetter(withoutMark(text.decode(range.start, range.end)));
    const hints = closingTime === undefined ? {} : { closingTime };
    return { kind: 'entry', fields, hints, bodyKey, start: range.start, end: range.end };
  });
}

function splitBlocks(text: FileText, end: number): { start: number; end: number }[] {
  const blocks: { start: number; end: number }[] = [];
  let start = 0;
  const add = (until: number): void => {
    if (text.latin1.slice(start, until).trim() !== '') blocks.push({ start, end: until });
  };
  for (const { index, 0: line } of text.latin1.matchAll(divider)) {
    if (index >= end) break;
    add(index);
    start = Math.min(index + line.length + 1, end);
  }
  add(end);
  return blocks;
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
