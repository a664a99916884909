import { setImmediate as nextTurn } from 'node:timers/promises';
import { temporaryDirectory } from '@agentbus/testkit';
import { expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, lease, settle, statsOf, subscribe } from './working.ts';

const hopeless = { kind: 'dead', reason: 'hopeless' } as const;

it('redrives each dead letter once, though a consumer buries them again as fast as they come', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('bus.db');
  await using store = await openStore(path, { durability: 'relaxed' });
  await subscribe(store, 'worker');
  const published = drafts('m', 4_000);
  await store.append(published);
  const bury = async (): Promise<boolean> => {
    const { lease: found } = await claim(store, 'worker', { limit: 256 });
    if (found !== undefined) await settle(store, found, hopeless);
    // A claim that finds nothing takes no turn of the event loop.
    await nextTurn();
    return found !== undefined;
  };
  while (await bury());
  let redriving = true;
  const redriven = store.resolveDead('worker', 'redrive', {}).finally(() => {
    redriving = false;
  });
  while (redriving) await bury();
  expect(await redriven).toEqual(published.map(({ id }) => id));
  while (await bury());
  const dead = await store.deadLetters('worker', { limit: 5_000 });
  expect(dead.map(({ redrives }) => redrives)).toEqual(published.map(() => 1));

  const ids = published.map(({ id }) => id).filter((_, n) => n % 2 === 0);
  expect(await store.resolveDead('worker', 'discard', { ids: [...ids, 'unknown', ...ids] })).toEqual(ids);
  expect(await statsOf(store, 'worker')).toMatchObject({ dead: 2_000, discarded: 2_000 });
  expect(auditFile(path)).toEqual([]);
});

it('resolves none when told a limit of none, but still says that there is no such subscription', async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.join('bus.db'));
  await subscribe(store, 'worker');
  await store.append(drafts('m', 2));
  await settle(store, await lease(store, 'worker'), hopeless);
  expect(await store.resolveDead('worker', 'redrive', { limit: 0 })).toEqual([]);
  expect(await statsOf(store, 'worker')).toMatchObject({ dead: 2 });
  await expect(store.resolveDead('nobody', 'redrive', { limit: 0 })).rejects.toMatchObject({
    code: 'unknown_subscription',
  });
});
