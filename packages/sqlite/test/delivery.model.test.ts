import { runModel } from '@agentbus/conformance';
import { counts } from '@agentbus/testkit';
import { it } from 'vitest';
import { sqliteHarness } from './sqlite-harness.ts';

const runs = counts(150, 2_000);
const seed = Number(process.env.AGENTBUS_MODEL_SEED ?? 20_261_123);

it(
  `keeps the SQLite store to the delivery model: ${runs} runs, seed ${seed}`,
  () => runModel(sqliteHarness, { runs, seed }),
  counts(600_000, 1_800_000),
);
