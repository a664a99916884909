import { applicable, type ConformanceCase, conformanceCases } from '@agentbus/conformance';
import { expect, it } from 'vitest';
import { memoryHarness } from './memory-harness.ts';

const plain: ConformanceCase = { name: 'plain', needs: [], run: async () => {} };
const durable: ConformanceCase = { name: 'durable', needs: ['clock', 'reopen'], run: async () => {} };
const shared: ConformanceCase = { name: 'shared', needs: ['second'], run: async () => {} };
const cases = [plain, durable, shared];

it('runs everything on a store that declares nothing', () => {
  const { open } = memoryHarness;
  const able = {
    open,
    reopen: () => open.call(able, undefined as never),
    second: () => open.call(able, undefined as never),
  };
  expect(applicable(cases, able)).toEqual({ run: cases, declared: [] });
});

it('reports what is declared, by capability and by name, with the reason', () => {
  const harness = { ...memoryHarness, differences: { reopen: 'no file', second: 'one process', plain: 'too plain' } };
  expect(applicable(cases, harness)).toEqual({
    run: [],
    declared: [
      { case: plain, reason: 'too plain' },
      { case: durable, reason: 'no file' },
      { case: shared, reason: 'one process' },
    ],
  });
});

it('runs every case or reports it, once', () => {
  const { run, declared } = applicable(conformanceCases, memoryHarness);
  expect([...run, ...declared.map((difference) => difference.case)].length).toBe(conformanceCases.length);
  expect(declared.length).toBeGreaterThan(0);
});

it('does not let a store leave cases out without saying so', () => {
  const { open } = memoryHarness;
  expect(() => applicable(cases, { open })).toThrow('differences.reopen');
  expect(() => applicable(cases, { open, differences: { reopen: 'no file' } })).toThrow('differences.second');
});

it('does not let a declared difference outlive its case', () => {
  const differences = { ...memoryHarness.differences, 'renamed since': 'it was so' };
  expect(() => applicable(cases, { ...memoryHarness, differences })).toThrow('"renamed since"');
});

it('names every case by a sentence of its own', () => {
  const names = conformanceCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
