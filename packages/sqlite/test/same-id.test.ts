import { temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { startChild } from './child.ts';
import { bodyOf, draft } from './drafts.ts';
import { openStore } from './open-store.ts';
import { drain, statsOf, subscribe } from './working.ts';

const ids = Array.from({ length: 40 }, (_, n) => `letter-${n}`);

async function publishFromProcesses(path: string, bodies: readonly string[], deliverAt = ''): Promise<unknown[][]> {
  const children = bodies.map((body) => startChild('./same-id-process.ts', [path, body, deliverAt]));
  try {
    for (const child of children) expect(await child.hear()).toBe('open');
    const replies = await Promise.all(children.map((child) => child.ask(ids)));
    return replies.map((reply) => (Array.isArray(reply) ? reply : []));
  } finally {
    for (const child of children) await child.kill();
  }
}

describe('one id', () => {
  it('I9: is one message though three processes publish it at once', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const replies = await publishFromProcesses(path, ['"same"', '"same"', '"same"']);
    for (const [n, id] of ids.entries()) {
      expect(replies.map((reply) => reply[n]).sort(), id).toEqual(['duplicate', 'duplicate', 'new']);
    }
    await using store = await openStore(path);
    const stored = await store.read({ limit: 1_000 });
    expect(stored.map(({ record }) => record.id).sort()).toEqual([...ids].sort());
  });

  it('I9: is the message that came first, and another content is refused wherever it comes from', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const bodies = ['"one"', '"two"', '"one"'];
    const replies = await publishFromProcesses(path, bodies);
    await using store = await openStore(path);
    const stored = new Map((await store.read({ limit: 1_000 })).map(({ record }) => [record.id, record.body]));
    for (const [n, id] of ids.entries()) {
      const outcomes = replies.map((reply) => reply[n]);
      const expected =
        stored.get(id) === '"two"' ? ['id_conflict', 'new', 'id_conflict'] : ['either', 'id_conflict', 'either'];
      const normalized = outcomes.map((outcome, index) => (expected[index] === 'either' ? 'either' : outcome));
      expect(normalized, id).toEqual(expected);
      expect(outcomes.filter((outcome) => outcome === 'new').length, id).toBe(1);
      expect(outcomes.includes(undefined), id).toBe(false);
    }
  });

  it('I9: is one message though three processes delay it at once', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const replies = await publishFromProcesses(path, ['"a"', '"a"', '"a"'], String(Date.now() + 3_600_000));
    for (const [n, id] of ids.entries()) {
      expect(replies.map((reply) => reply[n]).sort(), id).toEqual(['duplicate', 'duplicate', 'new']);
    }
    await using store = await openStore(path);
    expect((await store.stats()).topics).toEqual([{ topic: 'jobs.a', messages: 0, delayed: ids.length }]);
  });
});

describe('a publisher killed after the commit and before the reply', () => {
  const deadlines = { 'a message': '', 'a delayed message': String(Date.now() + 3_600_000) };
  for (const [what, deliverAt] of Object.entries(deadlines)) {
    it(`I1, I9: has published ${what}, and doing it again with the same id adds nothing`, async () => {
      await using directory = await temporaryDirectory();
      const path = directory.join('bus.db');
      await using child = startChild('./killed-at-commit-process.ts', [path, 'letter', deliverAt]);
      expect(await child.ended).toBe('SIGKILL');
      await using store = await openStore(path);
      await subscribe(store, 'worker');
      const again = draft('letter', deliverAt === '' ? {} : { deliverAt: Number(deliverAt) });
      expect(await store.append([again])).toEqual([{ duplicate: true }]);
      await expect(store.append([{ ...again, body: '"other"' }])).rejects.toMatchObject({ code: 'id_conflict' });
      expect(auditFile(path)).toEqual([]);
      if (deliverAt !== '') expect(await statsOf(store, 'worker')).toMatchObject({ ready: 0, scheduled: 1 });
      else {
        expect((await store.read({ limit: 10 })).map(({ record }) => record.body)).toEqual([bodyOf('letter')]);
        expect(await drain(store, 'worker')).toEqual(['letter']);
      }
    });
  }
});
