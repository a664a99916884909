import { createTestClock, type TestClock } from '@agentbus/conformance';
import type { Store } from '@agentbus/core';
import { temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, it } from 'vitest';
import { draft, drafts } from './drafts.ts';
import { openStore } from './open-store.ts';
import { claim, idsOf, lease, leaseMs, settle, subscribe } from './working.ts';

const hour = 3_600_000;

/** Two messages: one leased for 30 s, one to be retried in 20 s. */
async function begin(store: Store): Promise<{ readonly token: string }> {
  await subscribe(store, 'worker');
  await store.append(drafts('m', 2));
  const failed = await lease(store, 'worker', { limit: 1 });
  await settle(store, failed, { kind: 'retry', delayMs: 20_000, reason: 'busy' });
  return lease(store, 'worker', { limit: 1 });
}

/** What a claim finds, in order of ids, without keeping it. */
async function look(store: Store): Promise<string[]> {
  const { lease: found } = await claim(store, 'worker');
  if (found !== undefined) await settle(store, found, { kind: 'release' });
  return idsOf(found).sort();
}

function at(clock: TestClock, wall: number): void {
  clock.jumpWall(wall - clock.now());
}

describe('store time', () => {
  it('L6: expires nothing and delays nothing when the wall clock jumps by an hour', async () => {
    for (const jump of [hour, -hour]) {
      await using directory = await temporaryDirectory();
      const clock = createTestClock();
      await using store = await openStore(directory.join('bus.db'), { clock });
      const held = await begin(store);
      clock.jumpWall(jump);
      expect(await look(store), `jump by ${jump}`).toEqual([]);
      // Whoever opens the file after the jump has the same time.
      await using other = await openStore(directory.join('bus.db'), { clock });
      expect(await look(other)).toEqual([]);
      await clock.advance(19_999);
      expect(await look(other)).toEqual([]);
      await clock.advance(1);
      expect(await look(other)).toEqual(['m-1']);
      expect(await store.renew(held.token, leaseMs)).toBe('ok');
      await clock.advance(leaseMs - 1);
      expect(await look(other)).toEqual(['m-1']);
      await clock.advance(1);
      expect(await look(other)).toEqual(['m-1', 'm-2']);
    }
  });

  it('goes on after a reboot where the wall clock says it is', async () => {
    for (const downMs of [5_000, 25_000, hour]) {
      await using directory = await temporaryDirectory();
      const path = directory.join('bus.db');
      const clock = createTestClock();
      const before = await openStore(path, { clock });
      await begin(before);
      await before.close();
      const wall = clock.now();
      clock.reboot('second boot');
      at(clock, wall + downMs);
      await using after = await openStore(path, { clock });
      const expected = [...(downMs >= 20_000 ? ['m-1'] : []), ...(downMs >= leaseMs ? ['m-2'] : [])];
      expect(await look(after), `down for ${downMs}`).toEqual(expected);
      // What is left of the lease and of the delay is neither lost nor begun anew.
      await clock.advance(Math.max(0, leaseMs - downMs - 1));
      expect((await look(after)).includes('m-2')).toBe(downMs >= leaseMs);
      await clock.advance(1);
      expect(await look(after)).toEqual(['m-1', 'm-2']);
    }
  });

  it('is the same for all who open the file within one boot, also when they begin at other wall times', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    await using first = await openStore(path, { clock });
    clock.jumpWall(hour);
    await using second = await openStore(path, { clock });
    await begin(second);
    await clock.advance(19_999);
    expect([await look(first), await look(second)]).toEqual([[], []]);
    expect((await claim(first, 'worker')).nextDueInMs).toBe(1);
    await clock.advance(1);
    expect(await look(first)).toEqual(['m-1']);
  });

  it('is wall time on a platform that does not name its boots', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    clock.bootId = undefined;
    await using store = await openStore(path, { clock });
    await begin(store);
    await using second = await openStore(path, { clock });
    clock.jumpWall(20_000);
    expect([await look(store), await look(second)]).toEqual([['m-1'], ['m-1']]);
  });

  it('never hides what is due at once, even when it is set back', async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join('bus.db');
    const clock = createTestClock();
    const before = await openStore(path, { clock });
    await subscribe(before, 'worker');
    await before.append([draft('m')]);
    await settle(before, await lease(before, 'worker'), { kind: 'retry', delayMs: 0, reason: 'again' });
    await before.close();
    clock.reboot('second boot');
    clock.jumpWall(-hour);
    await using after = await openStore(path, { clock });
    expect(await look(after)).toEqual(['m']);
  });
});
