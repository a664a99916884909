import { describe, expect, it } from 'vitest';
import { consume, deadLetter, deadLetters, discard, redrive } from '../src/index.ts';
import { openStage, type Stage } from './stage.ts';

const inbox = { name: 'coder', pattern: 'agents.coder.inbox' };

/** A stage on which messages 0 to 4 are dead letters, and what tells whether their cause is still there. */
async function withDeadLetters(): Promise<{
  stage: Stage;
  cause: { gone: boolean };
  handled: unknown[];
  idle(): Promise<void>;
}> {
  const stage = await openStage();
  const cause = { gone: false };
  const handled: unknown[] = [];
  await stage.bus.publishAll([0, 1, 2, 3, 4].map((n) => ({ topic: inbox.pattern, payload: n, id: `m${n}` })));
  const consumer = await consume(stage.bus, inbox, ({ message, attempt }) => {
    if (!cause.gone) return deadLetter(`reason ${message.payload}`);
    handled.push([message.payload, attempt]);
    return undefined;
  });
  await consumer.idle();
  return { stage, cause, handled, idle: () => consumer.idle() };
}

describe('dead letters', () => {
  it('are listed oldest first, page by page', async () => {
    const { stage } = await withDeadLetters();
    await using _ = stage;
    const first = await deadLetters(stage.bus, 'coder', { limit: 2 });
    expect(first.map(({ message, reason }) => [message.id, message.payload, reason])).toEqual([
      ['m0', 0, 'reason 0'],
      ['m1', 1, 'reason 1'],
    ]);
    const rest = await deadLetters(stage.bus, 'coder', { after: first.at(-1)?.seq ?? 0 });
    expect(rest.map(({ message }) => message.id)).toEqual(['m2', 'm3', 'm4']);
  });

  it('that are redriven are owed again to their own subscription only, with attempts counted from 1', async () => {
    const { stage, cause, handled, idle } = await withDeadLetters();
    await using _ = stage;
    const others: unknown[] = [];
    const other = await consume(
      stage.bus,
      { ...inbox, name: 'other' },
      ({ message }) => void others.push(message.payload),
    );
    await other.idle();
    cause.gone = true;
    expect(await redrive(stage.bus, 'coder', { ids: ['m3', 'unknown', 'm1'] })).toEqual(['m1', 'm3']);
    await idle();
    expect(handled).toEqual([
      [1, 1],
      [3, 1],
    ]);
    expect(await redrive(stage.bus, 'coder', { limit: 1 })).toEqual(['m0']);
    expect(await redrive(stage.bus, 'coder')).toEqual(['m2', 'm4']);
    expect(await redrive(stage.bus, 'coder')).toEqual([]);
    await idle();
    expect(others).toHaveLength(5);
    expect(stage.eventsOf('redrive').map(({ subscription, messageIds }) => [subscription, messageIds])).toEqual([
      ['coder', ['m1', 'm3']],
      ['coder', ['m0']],
      ['coder', ['m2', 'm4']],
    ]);
  });

  it('that are discarded are owed to nobody and counted', async () => {
    const { stage } = await withDeadLetters();
    await using _ = stage;
    expect(await discard(stage.bus, 'coder', { ids: ['m1', 'm1', 'unknown'] })).toEqual(['m1']);
    expect(await discard(stage.bus, 'coder', { ids: [] })).toEqual([]);
    expect((await deadLetters(stage.bus, 'coder')).map(({ message }) => message.id)).toEqual(['m0', 'm2', 'm3', 'm4']);
    expect((await stage.store.stats()).subscriptions).toMatchObject([{ discarded: 1, dead: 4, ready: 0 }]);
    expect(stage.eventsOf('discard')).toMatchObject([{ subscription: 'coder', messageIds: ['m1'] }]);
  });

  it('are never discarded without being named', async () => {
    const { stage } = await withDeadLetters();
    await using _ = stage;
    // What a caller without types may do.
    const everything = JSON.parse('{}');
    await expect(discard(stage.bus, 'coder', everything)).rejects.toMatchObject({ code: 'invalid_option' });
    expect(await deadLetters(stage.bus, 'coder')).toHaveLength(5);
  });

  it('of a subscription that does not exist are an error', async () => {
    await using stage = await openStage();
    for (const call of [
      deadLetters(stage.bus, 'x'),
      redrive(stage.bus, 'x'),
      discard(stage.bus, 'x', { ids: ['a'] }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'unknown_subscription' });
    }
  });

  it.each<[object, string]>([
    [{ limit: 0 }, 'limit is 0'],
    [{ after: -1 }, 'after is -1'],
    [{ afterSeq: 3 }, 'no option "afterSeq"'],
  ])('refuse a page that cannot be: %o', async (page, words) => {
    await using stage = await openStage();
    await expect(deadLetters(stage.bus, 'x', page)).rejects.toThrow(words);
  });
});
