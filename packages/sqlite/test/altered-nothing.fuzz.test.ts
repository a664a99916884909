import { type Draft, type Failure, priorities } from '@agentbus/core';
import { counts, temporaryDirectory } from '@agentbus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeItems, encodeItems } from '../src/lease-items.ts';
import { openStore } from './open-store.ts';
import { claim, leaseMs, settle, subscribe } from './working.ts';

const runs = counts(40, 2_000);

// Any text there is, NUL and unassigned characters included; only halves of surrogate pairs are no text.
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 45 }), fc.double({ min: 0, max: 2 ** 45, noNaN: true }));

const drafts = fc.uniqueArray(
  fc.record({
    id: text,
    topic: fc.constantFrom('jobs.a', 'jobs.b', 'jobs.%C3%BC'),
    body: fc.jsonValue().map((value) => JSON.stringify(value)),
    headers: fc.dictionary(text, fc.string({ unit: 'binary' })),
    source: fc.string({ unit: 'binary' }),
    priority: fc.constantFrom(...priorities),
    correlationId: text,
    publishedAt: time,
    key: optional(text),
    causationId: optional(text),
    expiresAt: optional(time.map((at) => at + 2 ** 46)),
    isOwn: fc.boolean(),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
);

function toDraft({
  isOwn,
  key,
  causationId,
  expiresAt,
  ...rest
}: typeof drafts extends fc.Arbitrary<(infer One)[]> ? One : never): Draft {
  return {
    ...rest,
    correlationId: isOwn ? rest.id : rest.correlationId,
    ...(key === undefined ? {} : { key }),
    ...(causationId === undefined ? {} : { causationId }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

describe('a message', () => {
  it(`I2: comes back as it was published, whatever it says, read, leased and dead, in ${runs} batches`, () =>
    fc.assert(
      fc.asyncProperty(drafts, fc.string({ unit: 'binary' }), async (made, reason) => {
        await using directory = await temporaryDirectory();
        const published = made.map(toDraft);
        const byId = new Map(published.map((one) => [one.id, one]));
        await using store = await openStore(directory.join('bus.db'), { durability: 'relaxed' });
        await subscribe(store, 'worker');
        await store.append(published);
        const read = await store.read({ limit: 100 });
        expect(read.map(({ record }) => record)).toEqual(published);
        const found = await claim(store, 'worker');
        if (found.lease === undefined) throw new Error('nothing was leased');
        for (const { record } of found.lease.deliveries) expect(record).toEqual(byId.get(record.id));
        await settle(store, found.lease, { kind: 'retry', delayMs: 0, reason });
        const again = await claim(store, 'worker', { leaseMs });
        if (again.lease === undefined) throw new Error('nothing was leased again');
        await settle(store, again.lease, { kind: 'dead', reason, detail: reason });
        for (const dead of await store.deadLetters('worker', { limit: 100 })) {
          expect(dead.record).toEqual(byId.get(dead.record.id));
          expect([dead.reason, dead.detail, dead.history.map((failure) => failure.reason)]).toEqual([
            reason,
            reason,
            [reason],
          ]);
        }
        expect(await store.append(published)).toEqual(published.map(() => ({ duplicate: true })));
      }),
      { numRuns: runs },
    ));
});

describe('a lease', () => {
  const failure: fc.Arbitrary<Failure> = fc.record({
    attempt: fc.nat(),
    at: fc.nat(),
    reason: fc.string({ unit: 'binary' }),
  });
  const item = fc.record({
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    starts: fc.nat(3),
    redrives: fc.nat(2),
    suspect: fc.boolean(),
    failures: fc.array(failure, { maxLength: 3 }),
    open: fc.boolean(),
  });

  it('is the same after it was written down and read again, with holes where deliveries were settled', () =>
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), (batch) => {
        const items = batch.map(({ open: _, ...rest }, position) => ({ position, ...rest }));
        const open = items.filter((_, n) => batch[n]?.open === true);
        expect(decodeItems(encodeItems(open, batch.length))).toEqual({ items: open, size: batch.length });
      }),
    ));
});
