import { createUuidV7 } from '@agentbus/core';
import { describe, expect, it } from 'vitest';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Milliseconds since the epoch, as the id says. */
const timeOf = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16);

describe('a UUIDv7', () => {
  it('has version 7, the RFC 9562 variant, and the time of its making', () => {
    const createId = createUuidV7(() => Date.UTC(2026, 10, 23, 12));
    for (let n = 0; n < 1_000; n += 1) {
      const id = createId();
      expect(id).toMatch(form);
      expect(timeOf(id)).toBe(Date.UTC(2026, 10, 23, 12));
    }
  });

  it('uses each of the four variants and differs in its random part', () => {
    const createId = createUuidV7(() => 1_000);
    const ids = Array.from({ length: 400 }, createId);
    expect([...new Set(ids.map((id) => id.charAt(19)))].sort()).toEqual(['8', '9', 'a', 'b']);
    expect(new Set(ids.map((id) => id.slice(20))).size).toBe(ids.length);
  });

  it('sorts in order of making within a millisecond and beyond', () => {
    let now = 5_000;
    const createId = createUuidV7(() => now);
    const ids: string[] = [];
    for (let n = 0; n < 3_000; n += 1) {
      if (n % 100 === 0) now += 1;
      ids.push(createId());
    }
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts though more than 4,096 are made in a millisecond, by borrowing from the next', () => {
    let now = 5_000;
    const createId = createUuidV7(() => now);
    const ids = Array.from({ length: 10_000 }, createId);
    now += 1;
    ids.push(createId());
    expect(ids.every((id) => form.test(id))).toBe(true);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids.map((id) => id.slice(0, 18))).size).toBe(ids.length);
    expect(timeOf(ids.at(-1) ?? '')).toBe(5_002);
  });

  it('sorts though the clock steps back, and follows it again once it has caught up', () => {
    let now = 9_000;
    const createId = createUuidV7(() => now);
    const ids = [createId()];
    now -= 3_600;
    ids.push(createId(), createId());
    now += 3_601;
    ids.push(createId());
    expect(ids).toEqual([...ids].sort());
    expect(ids.map(timeOf)).toEqual([9_000, 9_000, 9_000, 9_001]);
  });

  it('takes a clock that counts fractions of milliseconds', () => {
    let now = 5_000.25;
    const createId = createUuidV7(() => now);
    const ids: string[] = [];
    for (let n = 0; n < 5_000; n += 1) {
      ids.push(createId());
      now += 0.01;
    }
    expect(ids.every((id) => form.test(id))).toBe(true);
    expect(ids).toEqual([...ids].sort());
  });

  it('keeps two generators apart that share a clock', () => {
    const [one, other] = [createUuidV7(() => 7), createUuidV7(() => 7)];
    const ids = Array.from({ length: 100 }, () => [one(), other()]).flat();
    expect(new Set(ids).size).toBe(ids.length);
  });
});
