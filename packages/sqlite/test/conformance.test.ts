import { applicable, conformanceCases } from '@agentbus/conformance';
import { describe, it } from 'vitest';
import { sqliteHarness } from './sqlite-harness.ts';

const { run, declared } = applicable(conformanceCases, sqliteHarness);

describe('the SQLite store', () => {
  for (const { name, run: check } of run) it(name, () => check(sqliteHarness));
  for (const { case: difference, reason } of declared) it.skip(`${difference.name} (${reason})`, () => {});
});
