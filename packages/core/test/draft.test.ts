import { canonicalJson, type MessageRecord, sameContent } from '@agentbus/core';
import { describe, expect, it } from 'vitest';

const record: MessageRecord = {
  id: 'm1',
  topic: 'jobs.a',
  body: '{"n":1}',
  headers: { a: '1', b: '2' },
  source: 'planner',
  key: 'k',
  priority: 'normal',
  correlationId: 'c',
  publishedAt: 1_000,
};

describe('two records under one id', () => {
  it.each<[string, Partial<MessageRecord>]>([
    ['when it was published', { publishedAt: 2_000, deliverAt: 3_000, expiresAt: 4_000 }],
    ['who published it and in which conversation', { source: 'reborn', correlationId: 'd', causationId: 'e' }],
    ['the order of its headers', { headers: { b: '2', a: '1' } }],
  ])('are one message though they differ in %s', (_what, change) => {
    expect(sameContent(record, { ...record, ...change })).toBe(true);
  });

  it.each<[string, Partial<MessageRecord>]>([
    ['topic', { topic: 'jobs.b' }],
    ['payload', { body: '{"n":2}' }],
    ['key', { key: 'l' }],
    ['priority', { priority: 'low' }],
    ['headers', { headers: { a: '1' } }],
  ])('are two messages when they differ in %s', (_what, change) => {
    expect(sameContent(record, { ...record, ...change })).toBe(false);
  });

  it('are two messages when one has a key and the other none', () => {
    const { key: _, ...keyless } = record;
    expect(sameContent(record, keyless)).toBe(false);
  });
});

it('canonical JSON does not show the order of members, at any depth, and shows everything else', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }, 2], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1},2]}');
  expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
});
