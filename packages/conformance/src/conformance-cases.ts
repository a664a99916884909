import { amassingCases } from './cases/amassing.ts';
import { appendingCases } from './cases/appending.ts';
import { closingCases } from './cases/closing.ts';
import { countingCases } from './cases/counting.ts';
import { delayingCases } from './cases/delaying.ts';
import { dyingCases } from './cases/dying.ts';
import { expiringCases } from './cases/expiring.ts';
import { leasingCases } from './cases/leasing.ts';
import { orderingCases } from './cases/ordering.ts';
import { readingCases } from './cases/reading.ts';
import { reopeningCases } from './cases/reopening.ts';
import { retryingCases } from './cases/retrying.ts';
import { ringingCases } from './cases/ringing.ts';
import { sharingCases } from './cases/sharing.ts';
import { startingCases } from './cases/starting.ts';
import { subscribingCases } from './cases/subscribing.ts';
import { withstandingCases } from './cases/withstanding.ts';
import type { ConformanceCase } from './harness.ts';

/**
 * What every store promises, case by case. The memory store keeps all that its nature allows and is the reference where
 * two readings are possible; the case then says in a comment which one holds. Filter them with {@link applicable}.
 */
export const conformanceCases: readonly ConformanceCase[] = [
  ...appendingCases,
  ...delayingCases,
  ...subscribingCases,
  ...orderingCases,
  ...leasingCases,
  ...startingCases,
  ...retryingCases,
  ...expiringCases,
  ...dyingCases,
  ...readingCases,
  ...countingCases,
  ...ringingCases,
  ...withstandingCases,
  ...amassingCases,
  ...reopeningCases,
  ...sharingCases,
  ...closingCases,
];
