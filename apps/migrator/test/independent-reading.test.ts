import type { MessageRecord } from '@agentbus/core';
import { describe, expect, it } from 'vitest';
import { unaccounted } from '../src/verify/gaps.ts';
import { readIndependently } from '../src/verify/independent-reading.ts';
import { jsonLeaves } from '../src/verify/json-leaves.ts';
import { decoderFor } from '../src/verify/lenient-text.ts';

function leaves(text: string): [string, string][] {
  return [...jsonLeaves(text)].map((leaf) => [leaf.path.join('.'), leaf.text]);
}

function record(payload: unknown, headers = {}): MessageRecord {
  const body = JSON.stringify(payload);
  return {
    id: 'x',
    topic: 'agents.a.inbox',
    body,
    headers,
    source: 'b',
    priority: 'normal',
    correlationId: 'x',
    publishedAt: 0,
  };
}

function problems(text: string, payload: unknown, headers = {}, isCopy = false): string[] {
  return readIndependently({ text, bytes: Buffer.from(text) }, record(payload, headers), isCopy);
}

describe('the leaves of JSON', () => {
  it('are found with their keys, whatever their kind', () => {
    expect(leaves('{"a": {"b": [1, "x\\n\\u00e9", null], "c": []}, "d": true}')).toEqual([
      ['a.b', '1'],
      ['a.b', 'x\né'],
      ['a.b', 'null'],
      ['a.c', '[]'],
      ['d', 'true'],
    ]);
  });

  it('are found in text that is no JSON', () => {
    expect(leaves("{{ 'a': {{uuid()}}, b: None, // why\n \"c\": 'it\\'s', }} ]")).toEqual([
      ['a', '{{uuid()}}'],
      ['b', 'None'],
      ['b', '// why'],
      ['c', "it's"],
    ]);
    expect(leaves('{"#a": 1, # why: because\n"b": 2}')).toEqual([
      ['#a', '1'],
      ['#a', '# why: because'],
      ['b', '2'],
    ]);
    expect(leaves('{"a": "never closed')).toEqual([['a', 'never closed']]);
  });

  it('of a text of some megabytes with an escape in every other place are found', () => {
    const text = '\\n'.repeat(2_000_000);
    expect(leaves(`["${text}"]`)[0]?.[1]).toHaveLength(2_000_000);
  });
});

describe('an independent reading', () => {
  it.each<[what: string, text: string, payload: unknown]>([
    ['a field taken for the subject', '{"title": "a", "content": "b"}', { subject: 'a', body: 'b' }],
    ['a letter that is its own body', '{"task_id": "t", "n": 1}', { body: { task_id: 't', n: 1 } }],
    ['numbers of equal value', '{"a": 1.50, "b": 1e2, "body": ""}', { body: '', extra: { a: 1.5, b: 100 } }],
    ['words of Python', "{'a': None, 'b': True, 'body': 'x'}", { body: 'x', extra: { a: null, b: true } }],
    [
      'a number that was kept exactly',
      '{"a": 12345678901234567890, "body": "x"}',
      { body: 'x', extra: { a: 12345678901234567000, 'mailbox-exact-numbers': { '/a': '12345678901234567890' } } },
    ],
    [
      'a key that was given twice',
      '{"a": 1, "a": 2, "body": "x"}',
      { body: 'x', extra: { a: 2, 'mailbox-duplicate-keys': { '/a': [1] } } },
    ],
    [
      'a letter in the wrapper of a queue',
      '{"message": {"from": "b", "body": "x"}, "queue_id": "q"}',
      { body: 'x', extra: { from: 'b', 'mailbox-envelope': { queue_id: 'q' } } },
    ],
    [
      'sentences around JSON that were kept',
      'Here it is:\n{"body": "x"}\nBye.',
      { body: 'x', extra: { 'mailbox-prose': ['Here it is:\n', '\nBye.'] } },
    ],
    ['JSON that was taken as text', '{"body": "x"}', { body: '{"body": "x"}' }],
    [
      'a text with a header',
      '# T\n\n**From:** b\nTo: a\n\n---\nHi\n',
      { subject: 'T', body: 'Hi\n', extra: { From: 'b', To: 'a' } },
    ],
  ])('accepts %s', (_, text, payload) => {
    expect(problems(text, payload)).toEqual([]);
  });

  it.each<[what: string, text: string, payload: unknown]>([
    [
      'a number that lost digits',
      '{"a": 12345678901234567890, "body": "x"}',
      { body: 'x', extra: { a: 12345678901234567000 } },
    ],
    ['a comment that was dropped', '{"body": "x" // why\n}', { body: 'x' }],
    ['an empty list that was dropped', '{"body": "x", "tags": []}', { body: 'x' }],
    ['a value under another key', '{"from": "b", "body": "x"}', { body: 'x', extra: { to: 'b' } }],
    ['a member that nobody wrote', '{"body": "x"}', { body: 'x', priority: 'high' }],
    ['a header line that was dropped', 'From: b\nTo: a\n\nHi\n', { body: 'Hi\n', extra: { From: 'b' } }],
    ['a header that was cut', 'From: b c\n\nHi\n', { body: 'Hi\n', extra: { From: 'b' } }],
    ['a body without its beginning', 'From: b\n\nHi\nthere\n', { body: 'there\n', extra: { From: 'b' } }],
    ['a body without its end', 'From: b\n\nHi\nthere\n', { body: 'Hi\n', extra: { From: 'b' } }],
  ])('refuses %s', (_, text, payload) => {
    expect(problems(text, payload)).not.toEqual([]);
  });

  it('lets a copy differ in its state, and in nothing else', () => {
    const stored = { body: 'x', extra: { from: 'b', status: 'pending' } };
    expect(problems('{"from": "b", "body": "x", "status": "done", "read": true}', stored, {}, true)).toEqual([]);
    expect(problems('{"from": "b", "body": "x", "status": "done"}', stored)).not.toEqual([]);
    expect(problems('{"from": "c", "body": "x", "status": "done"}', stored, {}, true)).not.toEqual([]);
  });

  it('proves text with forgotten escapes word by word', () => {
    const text = '{"body": "say "hi" in C:\\work", "to": "b"}';
    const stored = { body: 'say "hi" in C:\\work', extra: { to: 'b' } };
    const headers = { 'mailbox-recovered': 'unescaped quotes' };
    expect(problems(text, stored, headers)).toEqual([]);
    expect(problems(text, { ...stored, body: 'say "hi" in C:\\wor' }, headers)).not.toEqual([]);
    expect(problems(text, { ...stored, extra: {} }, headers)).not.toEqual([]);
  });
});

describe('what lies outside of every entry', () => {
  /** Entries are marked by « and » in the text. */
  function outside(marked: string, kept: string[] = []): string[] {
    const entries: { start: number; end: number }[] = [];
    let text = '';
    for (const piece of marked.split(/(?=[«»])/)) {
      const at = Buffer.byteLength(text);
      const last = entries.at(-1);
      if (piece.startsWith('«')) entries.push({ start: at, end: at });
      else if (piece.startsWith('»') && last !== undefined)
        entries[entries.length - 1] = { start: last.start, end: at };
      text += piece.replace(/^[«»]/, '');
    }
    const bytes = Buffer.from(text);
    return unaccounted(bytes, entries, decoderFor(bytes), kept);
  }

  it.each([
    ['nothing but punctuation', '[\n  «{"a": 1}»,\n  «{"b": 2}»\n]\n'],
    [
      'what a mailbox says of itself',
      '{"status": "idle", "n": {"x": 1}, "messages": [«{}»], "processed_message_ids": ["m-1"]}',
    ],
    ['a line that divides', `«one»\n${'='.repeat(50)}\n«two»`],
    ['a code fence', '```json\n[«{}»]\n```\n'],
  ])('may be %s', (_, text) => {
    expect(outside(text)).toEqual([]);
  });

  it.each([
    ['an element of the list', '[«{"a": 1}», {"b": "lost"}]', '"lost"'],
    ['a text in the list', '[«{"a": 1}», "lost"]', '"lost"'],
    ['an element of another list', '{"incoming": [«{}»], "outgoing": [{"body": "lost"}]}', '"lost"'],
    ['a second value', '«{"a": 1}»\n{"b": "x"} lost', '"lost"'],
    ['a paragraph', '«one»\n\nlost\n\n«two»', '"lost"'],
  ])('may not be %s', (_, text, lost) => {
    expect(outside(text)).toEqual([`${lost} is in no entry of the file`]);
  });

  it('may be what was kept with a letter', () => {
    expect(outside('Lost and found\n[«{}»] // a remark', ['Lost and found', '// a remark'])).toEqual([]);
  });
});
