import assert from 'node:assert/strict';
import { encodeToken } from '@agentbus/core';
import type { ConformanceCase } from '../harness.ts';
import { assertRejects, conformanceCase, idsOf } from '../trial.ts';

/** JSON texts that somebody's escaping, encoding or parsing would spoil. */
const bodies: readonly string[] = [
  'null',
  '""',
  '0',
  '-0',
  '1e400',
  '12345678901234567890.123456789',
  '{ "spaces" : [ 1 , 2 ] }',
  '{"b":1,"a":2,"b":3}',
  '"\\u0000 NUL as an escape"',
  '"\\ud800 lone surrogates \\udc00"',
  '"\\u2028\\u2029 and \u2028\u2029"',
  '"it\'s \\"quoted\\" -- ; DROP TABLE messages; %s $x {{y}} \\\\ ?1 :a @b $c"',
  '"\u{1f600}\u{1f9d1}\u200d\u{1f680} \u0645\u0631\u062d\u0628\u0627 \u4f60\u597d e\u0301 \ufeff\ufffd"',
  '{"__proto__":{"polluted":true},"constructor":1}',
  `[${'['.repeat(500)}${']'.repeat(500)}]`,
];

/** Texts for ids, keys, sources, names and headers. Well-formed Unicode all, as core refuses anything else. */
const texts: readonly string[] = [
  'x'.repeat(256),
  '\u{1f600}'.repeat(128),
  "Robert'); DROP TABLE messages;--",
  'with\u0000NUL',
  'with\nnewline\r\tand tab',
  ' leading and trailing ',
  '%',
  '_',
  '?1',
  '__proto__',
  'constructor',
  '1',
  '1.0',
  '01',
  'CASE',
  'case',
  'e\u0301',
  '\u00e9',
  '\uffff\ufffd\ufeff',
];

/** Content that nobody should send and somebody will. */
export const withstandingCases: readonly ConformanceCase[] = [
  conformanceCase('I2: gives every payload back byte for byte', [], async (trial) => {
    await trial.subscribe('worker');
    await trial.publish(...bodies.map((body) => ({ body })));
    const { deliveries } = await trial.lease('worker');
    assert.deepEqual(
      deliveries.map(({ record }) => record.body),
      bodies,
    );
    assert.deepEqual(
      (await trial.store.read({ limit: 100 })).map(({ record }) => record.body),
      bodies,
    );
  }),

  conformanceCase('I2: carries a payload of a megabyte, and ten in one batch', [], async (trial) => {
    await trial.subscribe('worker');
    const large = `"${'\u00e4'.repeat(524_287)}"`;
    assert.equal(Buffer.byteLength(large), 1024 * 1024);
    await trial.publish(...Array.from({ length: 10 }, (_, n) => ({ body: n === 3 ? '"small"' : large })));
    const { deliveries } = await trial.lease('worker');
    assert.equal(
      deliveries.every(({ record }, n) => record.body === (n === 3 ? '"small"' : large)),
      true,
    );
    assert.equal(deliveries.length, 10);
  }),

  conformanceCase('I2 I9: tells ids apart by every character, up to 256 of them', [], async (trial) => {
    await trial.subscribe('worker');
    const drafts = texts.map((id) => trial.draft({ id }));
    assert.deepEqual(
      await trial.store.append(drafts),
      texts.map(() => ({ duplicate: false })),
    );
    assert.deepEqual(
      await trial.store.append(drafts),
      texts.map(() => ({ duplicate: true })),
    );
    const lease = await trial.lease('worker');
    assert.deepEqual(idsOf(lease.deliveries), texts);
    for (const id of texts) {
      assert.deepEqual(idsOf(await trial.store.read({ ids: [id], limit: 10 })), [id]);
    }
    await trial.settle(lease, { kind: 'dead', reason: 'hopeless' });
    assert.deepEqual(await trial.store.resolveDead('worker', 'redrive', { ids: texts }), texts);
  }),

  conformanceCase('I2: gives keys, sources, correlation and headers back as they were', [], async (trial) => {
    await trial.subscribe('worker');
    const headers = Object.fromEntries([...texts, '', '\ud800'].map((text, n) => [text, texts[n] ?? '\udfff']));
    assert.equal(Object.hasOwn(headers, '__proto__'), true);
    const drafts = await trial.publish(
      { headers },
      ...texts.map((text) => ({ key: text, source: text, correlationId: text, causationId: text })),
    );
    const { deliveries } = await trial.lease('worker');
    assert.deepEqual(
      deliveries.map(({ record }) => record),
      drafts,
    );
    const [first] = drafts;
    assert(first !== undefined);
    assert.deepEqual(await trial.store.append([first]), [{ duplicate: true }]);
    // Only an own `__proto__` tells these two apart.
    const { ['__proto__']: _, ...others } = headers;
    await assertRejects(trial.store.append([{ ...first, headers: others }]), 'id_conflict');
  }),

  conformanceCase('delivers on topics of any script, once encoded', [], async (trial) => {
    const topics = texts.filter((text) => encodable(text)).map((text) => `agents.${encodeToken(text)}.inbox`);
    assert.equal(topics.length > 10, true);
    for (const [n, pattern] of topics.entries()) await trial.subscribe(`agent-${n}`, { pattern });
    await trial.subscribe('everybody', { pattern: 'agents.*.inbox' });
    const drafts = await trial.publish(...topics.map((topic) => ({ topic })));
    for (const [n] of topics.entries()) {
      const { deliveries } = await trial.lease(`agent-${n}`);
      assert.deepEqual(
        deliveries.map(({ record }) => record),
        [drafts[n]],
      );
    }
    assert.equal((await trial.lease('everybody')).deliveries.length, topics.length);
  }),

  conformanceCase('takes topics of 32 tokens of 128 characters', [], async (trial) => {
    const topic = Array.from({ length: 32 }, (_, n) => `${'abc'.charAt(n % 3)}`.repeat(128)).join('.');
    await trial.subscribe('exact', { pattern: topic });
    await trial.subscribe('wild', { pattern: '>' });
    await trial.publish({ topic }, { topic: `${topic.slice(0, -1)}x` });
    assert.deepEqual(idsOf((await trial.lease('exact')).deliveries), ['m1']);
    assert.deepEqual(idsOf((await trial.lease('wild')).deliveries), ['m1', 'm2']);
  }),

  conformanceCase('takes names of subscriptions and consumers, reasons and settings as they are', [], async (trial) => {
    for (const [n, text] of texts.entries()) {
      const name = `${text} ${n}`;
      const settings = { [text]: text, nested: { list: [text, null, 1.5, true] } };
      assert.deepEqual(await trial.subscribe(name, { settings }), settings);
      await trial.publish({});
      const lease = await trial.lease(name, { consumer: text });
      await trial.settle(lease, { kind: 'retry', delayMs: 0, reason: text });
      const again = await trial.lease(name, { consumer: text });
      assert.equal(again.deliveries[0]?.history[0]?.reason, text);
      await trial.settle(again, { kind: 'dead', reason: text, detail: text });
      const [dead] = await trial.store.deadLetters(name, { limit: 1 });
      assert.deepEqual({ reason: dead?.reason, detail: dead?.detail }, { reason: text, detail: text });
      assert.deepEqual((await trial.stats(name)).settings, settings);
      assert.equal(await trial.store.removeSubscription(name), true);
    }
  }),

  conformanceCase('tells subscriptions apart whose names differ by a space, a case or an ending', [], async (trial) => {
    const names = ['worker', 'Worker', 'worker ', ' worker', 'worker 1', '1 worker', 'worker%'];
    for (const name of names) await trial.subscribe(name);
    await trial.publish({});
    const leases = [];
    for (const name of names) leases.push(await trial.lease(name));
    assert.equal(new Set(leases.map(({ token }) => token)).size, names.length);
    for (const [n, lease] of leases.entries()) {
      await trial.settle(lease, n % 2 === 0 ? { kind: 'ack' } : { kind: 'dead', reason: 'hopeless' });
    }
    for (const [n, name] of names.entries()) {
      const { acked, dead } = await trial.stats(name);
      assert.deepEqual({ acked, dead }, n % 2 === 0 ? { acked: 1, dead: 0 } : { acked: 0, dead: 1 }, name);
    }
  }),
];

function encodable(text: string): boolean {
  try {
    return encodeToken(text) !== '';
  } catch {
    return false;
  }
}
