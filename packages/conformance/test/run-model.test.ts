import { type Operation, runModel, type StoreHarness } from '@agentbus/conformance';
import { createMemoryStore } from '@agentbus/core';
import { expect, it } from 'vitest';
import { memoryHarness } from './memory-harness.ts';

/** Forgets to charge attempts that crashed. */
const careless: StoreHarness = {
  ...memoryHarness,
  open: async ({ clock }) => ({ ...createMemoryStore({ clock }), markStarted: () => {} }),
};

async function failureOf(run: Promise<void>): Promise<string> {
  try {
    await run;
  } catch (error) {
    return String(error);
  }
  return expect.fail('the model found nothing');
}

it('finds the same failure again under the same seed, and tells how to play it alone', async () => {
  const first = await failureOf(runModel(careless, { runs: 100, seed: 5 }));
  expect(await failureOf(runModel(careless, { runs: 100, seed: 5 }))).toBe(first);
  const [, seed, path] = /seed: (-?\d+), path: "([\d:]+)"/.exec(first) ?? [];
  expect(seed).toBe('5');
  const again = await failureOf(runModel(careless, { runs: 100, seed: 5, path: path ?? '' }));
  expect(again).toContain('Property failed after 1 tests');
  expect(again).toContain(/Counterexample: .*/.exec(first)?.[0]);
});

it('tells the shortest run that fails as data that can be kept and played again', async () => {
  const failure = await failureOf(runModel(careless, { runs: 100, seed: 5 }));
  const [run]: Operation[][] = JSON.parse(/Counterexample: (.*)/.exec(failure)?.[1] ?? '[]');
  const regressions = [run ?? []];
  expect(await failureOf(runModel(careless, { runs: 1, seed: 1, regressions }))).toContain(
    'the store and the reference say the same',
  );
  await runModel(memoryHarness, { runs: 1, seed: 1, regressions });
});
