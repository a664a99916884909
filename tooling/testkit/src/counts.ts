/** Whether this run is the deep one: `npm run test:deep` says so through the environment. */
export const isDeepRun: boolean = process.env.AGENTBUS_TEST_COUNTS === 'full';

/**
 * How often a model, fuzz or chaos suite repeats: `everyday` under `npm test`, `full` under `npm run test:deep`.
 *
 * A file that uses it is named `*.model.test.ts`, `*.fuzz.test.ts` or `*.chaos.test.ts`: the deep run picks those.
 */
export function counts(everyday: number, full: number): number {
  return isDeepRun ? full : everyday;
}
