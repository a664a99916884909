import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createPatternTrie, matches } from '@agentbus/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const token = fc.constantFrom('a', 'b', 'c');
const topic = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }), fc.constantFrom('a', 'c', '*', '>'))
  .map(([tokens, last]) => [...tokens, last].join('.'));

describe('a pattern trie', () => {
  it('finds what a look at every pattern would find, through additions and undos', () => {
    const step = fc.record({ pattern, value: fc.nat(5), undo: fc.option(fc.nat(20), { nil: undefined }), topic });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const trie = createPatternTrie<number>();
        const filed = new Set<string>();
        const undos: { key: string; undo: () => void }[] = [];
        for (const { pattern, value, undo, topic } of steps) {
          const known = undo === undefined ? undefined : undos[undo];
          if (known !== undefined) {
            known.undo();
            filed.delete(known.key);
            undos.splice(undos.indexOf(known), 1);
          } else if (!filed.has(`${value} ${pattern}`)) {
            undos.push({ key: `${value} ${pattern}`, undo: trie.add(pattern, value) });
            filed.add(`${value} ${pattern}`);
          }
          const expected = [...filed].flatMap((key) => {
            const [value = '', pattern = ''] = key.split(' ');
            return matches(pattern, topic) ? [Number(value)] : [];
          });
          expect([...trie.match(topic)].sort()).toEqual([...new Set(expected)].sort());
          expect(trie.size).toBe(filed.size);
        }
        for (const { undo } of undos) undo();
        expect(trie.size).toBe(0);
        expect(trie.match(steps[0]?.topic ?? 'a')).toEqual(new Set());
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it('finds a value once though several of its patterns match', () => {
    const trie = createPatternTrie<string>();
    for (const one of ['a.b', 'a.*', '*.b', 'a.>', '>']) trie.add(one, 'same');
    expect([...trie.match('a.b')]).toEqual(['same']);
    expect(trie.size).toBe(5);
  });

  it('counts a pair that is filed twice once', () => {
    const trie = createPatternTrie<string>();
    const undo = trie.add('a', 'same');
    trie.add('a', 'same');
    expect(trie.size).toBe(1);
    undo();
    expect(trie.match('a').size).toBe(0);
  });

  it('ignores an undo that was done before, though the pair was filed again since', () => {
    const trie = createPatternTrie<string>();
    trie.add('a.b', 'neighbour');
    const undo = trie.add('a.b', 'value');
    undo();
    trie.add('a.b', 'value');
    undo();
    expect(trie.match('a.b')).toEqual(new Set(['neighbour', 'value']));
  });

  it('shrinks again: patterns that come and go leave no memory behind', () => {
    // As reply topics do, one for each request. Kept nodes would take hundreds of megabytes here.
    const trie = createPatternTrie<number>();
    const before = usedHeap();
    for (let n = 0; n < 300_000; n += 1) trie.add(`replies.r${n}.*.done.>`, n)();
    expect(usedHeap() - before).toBeLessThan(20_000_000);
    expect(trie.size).toBe(0);
  });
});

/** Bytes in use after a collection. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
