import { createMemoryStore, type JsonValue, type MessageRecord } from '@agentbus/core';
import { counts, temporaryDirectory } from '@agentbus/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importMailboxes, verifyImport } from '../src/index.ts';
import { randomTree } from './random-tree.ts';
import { tampered } from './tampered-store.ts';
import { writeTree } from './tree.ts';

type Members = { [key: string]: JsonValue };

/** One thing done to a payload, chosen by numbers. */
function alter(value: JsonValue, [kind, at, place]: readonly [number, number, number]): JsonValue {
  if (typeof value === 'string') {
    const here = place % (value.length + 1);
    const character = value[here] === 'x' ? 'y' : 'x';
    if (kind % 3 === 0 || here === value.length) return `${value.slice(0, here)}${character}${value.slice(here)}`;
    if (kind % 3 === 1) return value.slice(0, here) + value.slice(here + 1);
    return `${value.slice(0, here)}${character}${value.slice(here + 1)}`;
  }
  if (typeof value === 'number') return value === 7 ? 8 : 7;
  if (value === null || typeof value === 'boolean') return value !== true;
  const names = Object.keys(value).filter((name) => !name.startsWith('mailbox-'));
  const name = names[at % Math.max(1, names.length)];
  if (Array.isArray(value)) {
    const items: readonly JsonValue[] = value;
    if (kind % 4 === 0 || name === undefined) return [...items, 'invented'];
    return kind % 4 === 1
      ? items.filter((_, index) => String(index) !== name)
      : items.map((item, index) => (String(index) === name ? alter(item, [kind, at >> 2, place]) : item));
  }
  const members = value as Members;
  if (kind % 5 === 0 || name === undefined) return { ...members, invented: 'by nobody' };
  const { [name]: member = null, ...others } = members;
  return { ...others, [name]: alter(member, [kind, at >> 2, place]) };
}

it('notices whatever becomes of a stored letter, by one character or more', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, fc.nat(), fc.tuple(fc.nat(), fc.nat(), fc.nat()), async (tree, which, how) => {
      await using directory = await temporaryDirectory();
      await writeTree(directory.path, tree);
      const store = createMemoryStore();
      await importMailboxes(directory.path, store);
      const letters = (await store.read({ pattern: 'agents.>', limit: 100 })).map(({ record }) => record);
      const victim = letters[which % Math.max(1, letters.length)];
      // Where quotes were forgotten, white space and more quotes cannot be told from damage.
      fc.pre(victim !== undefined && !/unescaped/.test(victim.headers['mailbox-recovered'] ?? ''));
      const payload: Members = JSON.parse(victim.body);
      // Blank lines below the header of a text without a body.
      fc.pre(typeof payload.body !== 'string' || payload.body.trim() !== '');
      const body = JSON.stringify(alter({ ...payload, extra: payload.extra ?? {} }, how));
      const message = (record: MessageRecord): MessageRecord =>
        record.id === victim.id ? { ...record, body } : record;
      const { problems } = await verifyImport(directory.path, tampered(store, { message }));
      expect(problems, `${victim.body}\nbecame\n${body}`).not.toEqual([]);
    }),
    { numRuns: counts(300, 5000) },
  );
});
