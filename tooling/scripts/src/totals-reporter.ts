import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import type { Totals } from './totals.ts';

/** A vitest reporter that writes the totals of the run as JSON to the file named by `AGENTBUS_TOTALS_FILE`. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') totals[state] += 1;
      }
      // A file that could not be loaded, or a suite whose hook failed, has errors that belong to no test.
      totals.failed += module.errors().length;
      for (const suite of module.children.allSuites()) totals.failed += suite.errors().length;
    }
    writeFileSync(process.env.AGENTBUS_TOTALS_FILE ?? 'totals.json', JSON.stringify(totals satisfies Totals));
  }
}
