/** How the tests of a run ended. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The plain line that every test run ends with. */
export function totalsLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * The totals of a run that ended with `exitCode` and reported `totals`, or could not report at all. A red run never
 * reads "0 failed": whatever no test accounts for counts as one failure.
 */
export function finalTotals(totals: Totals | undefined, exitCode: number | null): Totals {
  const reported = totals ?? { passed: 0, failed: 0, skipped: 0 };
  const green = totals !== undefined && exitCode === 0;
  return green || reported.failed > 0 ? reported : { ...reported, failed: 1 };
}
