import { expect, test } from 'vitest';
import { finalTotals, totalsLine } from '../src/totals.ts';

const green = { passed: 3, failed: 0, skipped: 0 };

test('the last line reads N passed, N failed, and names skipped tests only when there are any', () => {
  expect(totalsLine(green)).toBe('3 passed, 0 failed');
  expect(totalsLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});

test('a green run and one with failed tests are counted as they were reported', () => {
  expect(finalTotals(green, 0)).toEqual(green);
  expect(finalTotals({ ...green, failed: 2 }, 1)).toEqual({ ...green, failed: 2 });
});

test('a run that ended badly without a failed test, or without any report, still reads as failed', () => {
  expect(finalTotals(green, 1)).toEqual({ ...green, failed: 1 });
  expect(finalTotals(green, null)).toEqual({ ...green, failed: 1 });
  expect(finalTotals(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
