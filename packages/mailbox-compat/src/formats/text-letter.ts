import type { JsonValue } from '@agentbus/core';
import { spellings } from './letter-fields.ts';
import { fieldName, type NativeFields } from './letter-state.ts';

/** A letter written as text: its header lines as fields, and the rest under `body`. */
export interface TextLetter {
  readonly fields: NativeFields;
  /** `body`, unless a header line is called so. */
  readonly bodyKey: string;
  /** The time in the last line, where some writers put it. */
  readonly closingTime?: string;
  /** Whether it names a sender or a recipient, which makes it a letter wherever it lies. */
  readonly addressed: boolean;
}

/** Fewer than in JSON: `Target:` or `Agent:` at the beginning of a line is as often part of a report. */
const addressNames = new Set(
  'from from_agent sender sender_agent_id issued_by submitted_by to to_agent recipient recipient_agent_id'.split(' '),
);
const otherAddressNames = new Set([...spellings.sender, ...spellings.recipient, ...spellings.assignee]);
const headerNames = new Set([
  ...(['id', 'time', 'type', 'subject', 'priority'] as const).flatMap((purpose) => spellings[purpose]),
  ...addressNames,
  ...'cc bcc tags status category in_reply_to reply_to correlation_id thread thread_id task_id related_event_id'.split(
    ' ',
  ),
]);

// **From**: x | **From:** x | From: x | - From: x
const headerLine = /^[ \t]*(?:[-*][ \t]+)?(?:\*\*|__)?([A-Za-z][A-Za-z _-]{0,30})(?:\*\*|__)?:(?:\*\*|__)?[ \t]*(.*)$/;
// [A2A] planner → builder
const arrowLine = /^[ \t]*\[([^\]\n]{1,40})\][ \t]+(\S[^\n]{0,100}?)[ \t]*(?:→|->|=>)[ \t]*(\S[^\n]{0,100})$/;
const rule = /^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$/;
const headLines = 60;

/**
 * Reads a letter in markdown or plain text. The header ends at the first `---` when nothing but header lines and one title
 * stands before it, else at the first line that is none of these; a second header block that the body quotes stays in
 * the body. Where header lines stand among prose, the body is the whole text, so that nothing is lost.
 */
export function parseTextLetter(text: string): TextLetter {
  const lines = splitHead(text);
  const first = lines.findIndex(({ content }) => content.trim() !== '');
  const begins = rule.test(lines[first]?.content ?? '') ? first + 1 : 0;
  const divider = lines.findIndex(({ content }, index) => index >= begins && index > first && rule.test(content));

  const ruled = divider < 0 ? undefined : readHead(lines.slice(begins, divider), true);
  const block = readHead(lines.slice(begins), false);
  if (ruled?.clean && isHeader(ruled)) return withBody(ruled, text.slice(lines[divider]?.next));
  if (isHeader(block)) return withBody(block, text.slice(block.bodyStart));
  return withBody(ruled !== undefined && isHeader(ruled) ? ruled : { ...block, fields: new Map() }, text);
}

function isHeader(head: Head): boolean {
  return head.known >= 2 || isAddressed(head.fields);
}

function isAddressed(fields: NativeFields): boolean {
  return [...fields.keys()].some((key) => addressNames.has(fieldName(key)));
}

function withBody(head: Head, body: string): TextLetter {
  const fields = new Map<string, JsonValue>(head.fields);
  const closingTime = /(?:^|\n)[ \t]*Timestamp:[ \t]*([^\n]{8,40}?)\s*$/i.exec(body.slice(-200))?.[1];
  const bodyKey = freeKey(fields);
  fields.set(bodyKey, body);
  const addressed = isAddressed(head.fields);
  return { fields, bodyKey, addressed, ...(closingTime === undefined ? {} : { closingTime }) };
}

interface Head {
  readonly fields: NativeFields;
  /** How many header lines have a name that letters use. */
  readonly known: number;
  /** Whether there is nothing but header lines and one title. */
  readonly clean: boolean;
  /** Where the first line that is no header begins. */
  readonly bodyStart: number;
}

function readHead(lines: readonly Line[], ruled: boolean): Head {
  const fields = new Map<string, JsonValue>();
  let known = 0;
  let clean = true;
  let blank = false;
  for (const { content, start } of lines) {
    if (content.trim() === '') {
      blank = fields.size > 0;
      continue;
    }
    const pairs = pairsOf(content);
    const isKnown = pairs.some(([key]) => headerNames.has(fieldName(key)));
    const fits = pairs.length > 0 && !pairs.some(([key]) => fields.has(key)) && (isKnown || (known > 0 && !blank));
    if (fits) {
      for (const [key, value] of pairs) fields.set(key, value);
      if (isKnown) known += pairs.length;
      blank = false;
    } else if (known === 0 && !fields.has('title')) fields.set('title', content.trim().replace(/^#+[ \t]*/, ''));
    else if (ruled) clean = false;
    else return { fields, known, clean, bodyStart: start };
  }
  return { fields, known, clean, bodyStart: lines.at(-1)?.next ?? 0 };
}

function pairsOf(line: string): [string, string][] {
  const arrow = arrowLine.exec(line);
  if (arrow !== null) {
    const [, type = '', from = '', to = ''] = arrow;
    return [
      ['type', type.trim()],
      ['from', from.trim()],
      ['to', to.trim()],
    ];
  }
  const [, key, value] = headerLine.exec(line) ?? [];
  if (key === undefined || value === undefined) return [];
  if (otherAddressNames.has(fieldName(key)) && !addressNames.has(fieldName(key))) return [];
  return [[key.trim(), value.trim().replace(/(?:\*\*|__)$/, '')]];
}

interface Line {
  readonly content: string;
  readonly start: number;
  /** Where the next line begins. */
  readonly next: number;
}

/** The first lines, which alone can be a header. */
function splitHead(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length && lines.length < headLines; ) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    const next = Math.min(stop + 1, text.length);
    lines.push({ content: text.slice(start, stop).replace(/\r{1,2}$/, ''), start, next });
    start = stop + 1;
  }
  return lines;
}

function freeKey(fields: NativeFields): string {
  let key = 'body';
  while (fields.has(key)) key += '_';
  return key;
}
