import { runModel } from '@agentbus/conformance';
import { counts } from '@agentbus/testkit';
import { it } from 'vitest';
import { memoryHarness } from './memory-harness.ts';

const runs = counts(150, 2_000);
const seed = Number(process.env.AGENTBUS_MODEL_SEED ?? 20_261_123);

it(`keeps the memory store to the delivery model: ${runs} runs, seed ${seed}`, () =>
  runModel(memoryHarness, { runs, seed }));
