// For tests of a store.
export { conformanceCases } from './conformance-cases.ts';
export {
  applicable,
  type Capability,
  type ConformanceCase,
  type DeclaredDifference,
  type Ending,
  type StoreHarness,
} from './harness.ts';
export { type ModelOptions, runModel } from './run-model.ts';
export type { Beginning, Operation, Publishing, Settling } from './model/operation.ts';

// For tests of anything that takes a clock.
export { createTestClock, type TestClock, type TestClockOptions } from './test-clock.ts';
