import type { Outcome } from '@agentbus/core';
import { type Backoff, exponential } from './backoff.ts';
import { failureReason } from './failure-text.ts';
import type { Ending } from './normalize.ts';

/** The rules by which a subscription retries. */
export interface RetryRules {
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly random: () => number;
}

const defaultBackoff = exponential();
const acked: Outcome = { kind: 'ack' };
const released: Outcome = { kind: 'release' };

/**
 * The policy: what becomes of a delivery, given how attempt number `attempt` ended. Pure but for the `random` in the
 * rules; the only place where a failure is weighed against the attempts that are left.
 */
export function decide({ settlement, detail }: Ending, attempt: number, rules: RetryRules): Outcome {
  switch (settlement.kind) {
    case 'ack':
      return acked;
    case 'release':
      return released;
    case 'deadLetter':
      return { kind: 'dead', reason: settlement.reason, ...(detail === undefined ? {} : { detail }) };
    case 'nack': {
      const { reason = 'nacked', delayMs } = settlement;
      if (attempt >= rules.maxAttempts) return giveUp(reason, attempt, rules, detail);
      return delayMs === undefined ? askBackoff(reason, attempt, rules) : { kind: 'retry', delayMs, reason };
    }
  }
}

function giveUp(reason: string, attempt: number, { maxAttempts }: RetryRules, detail: string | undefined): Outcome {
  const gaveUp = `attempt ${attempt} of ${maxAttempts} failed`;
  return { kind: 'dead', reason, detail: detail === undefined ? gaveUp : `${gaveUp}\n${detail}` };
}

/** A backoff function that fails must not cost the message: the default stands in, and the history says so. */
function askBackoff(reason: string, attempt: number, { backoff, random }: RetryRules): Outcome {
  let complaint: string;
  try {
    const delayMs = backoff(attempt, random);
    if (Number.isFinite(delayMs) && delayMs >= 0) return { kind: 'retry', delayMs, reason };
    complaint = `gave ${delayMs}`;
  } catch (error) {
    complaint = `threw ${failureReason(error)}`;
  }
  return {
    kind: 'retry',
    delayMs: defaultBackoff(attempt, random),
    reason: `${reason} (the backoff function ${complaint})`,
  };
}
