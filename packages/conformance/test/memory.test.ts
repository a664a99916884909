import { applicable, conformanceCases } from '@agentbus/conformance';
import { describe, it } from 'vitest';
import { memoryHarness } from './memory-harness.ts';

const { run, declared } = applicable(conformanceCases, memoryHarness);

describe('the memory store', () => {
  for (const { name, run: check } of run) it(name, () => check(memoryHarness));
  for (const { case: difference, reason } of declared) it.skip(`${difference.name} (${reason})`, () => {});
});
