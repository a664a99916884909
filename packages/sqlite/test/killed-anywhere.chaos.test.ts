import type { SubscriptionStats } from '@agentbus/core';
import { counts, isDeepRun, temporaryDirectory, until } from '@agentbus/testkit';
import { expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { startChild } from './child.ts';
import { bodyOf } from './drafts.ts';
import { openStore } from './open-store.ts';
import { drain, statsOf } from './working.ts';

const deaths = counts(10, 250);
const timeoutMs = isDeepRun ? 1_800_000 : 240_000;
const batches = ['batch', 'late', 'history', 'beside-0', 'beside-1', 'beside-2'];
const sizes: Readonly<Record<string, number>> = { batch: 5, late: 2, history: 1 };

function accounted({ ready, scheduled, leased, acked, dead, expired, discarded }: SubscriptionStats): number {
  return ready + scheduled + leased + acked + dead + expired + discarded;
}

it(
  `I1, I3, I8: ${deaths} deaths after any one statement leave a whole store, which others go on with`,
  async () => {
    await using directory = await temporaryDirectory();
    await using survivor = startChild('./killed-anywhere-process.ts', [directory.join('survivor.db')]);
    const statements = Number(await survivor.hear());
    expect(await survivor.ended).toBe(0);
    expect(auditFile(directory.join('survivor.db'))).toEqual([]);
    for (let death = 0; death < deaths; death += 1) {
      // Spread over the whole story, each time elsewhere.
      const at = 1 + Math.floor(((death + Math.random()) / deaths) * statements);
      const path = directory.join(`dead-at-${death}.db`);
      await using child = startChild('./killed-anywhere-process.ts', [path, String(at)]);
      // The story is a few statements shorter when timers are late, and then there is nobody to kill.
      expect(['SIGKILL', 0], `statement ${at} of ${statements}`).toContain(await child.ended);
      const faults = auditFile(path);
      expect(faults, `statement ${at} of ${statements}`).toEqual([]);

      await using store = await openStore(path);
      const stored = await store.read({ limit: 1_000 });
      const { topics } = await store.stats();
      const published = topics.reduce((sum, { messages, delayed }) => sum + messages + delayed, 0);
      for (const name of ['worker', 'auditor']) expect(accounted(await statsOf(store, name)), name).toBe(published);
      for (const batch of batches) {
        const found = stored.filter(({ record: { id } }) => id.startsWith(batch)).length;
        const delayed = batch === 'late' ? topics.reduce((sum, topic) => sum + topic.delayed, 0) : 0;
        expect([0, sizes[batch] ?? 2], `${batch}, statement ${at}`).toContain(found + delayed);
      }
      for (const { record } of stored) expect(record.body).toBe(bodyOf(record.id));

      await until(async () => {
        await drain(store, 'worker');
        const { ready, scheduled, leased } = await statsOf(store, 'worker');
        return ready + scheduled + leased === 0;
      }, 'another process has settled what the dead one held');
      expect((await drain(store, 'auditor')).length).toBe(published);
      expect(auditFile(path)).toEqual([]);
    }
  },
  timeoutMs,
);
