import { failureDetail, failureReason } from './failure-text.ts';
import { ack, isSettlement, type Settlement } from './settlement.ts';

/** How an attempt ended, whichever way its handler said so. */
export interface Ending {
  readonly settlement: Settlement;
  /** For people who look at the dead letter. */
  readonly detail?: string;
  /** What the handler threw, boxed because one can throw undefined. */
  readonly thrown?: { readonly error: unknown };
}

const acked: Ending = { settlement: ack() };

/** The handler returned. `onUnexpected` is told of a value that means nothing to us; it counts as an ack. */
export function endingOfReturn(value: unknown, onUnexpected: (value: unknown) => void): Ending {
  if (value === undefined) return acked;
  if (isSettlement(value))
    return value.kind === 'ack' && value.processingMs === undefined ? acked : { settlement: value };
  onUnexpected(value);
  return acked;
}

/** The handler threw, or ran out of time: a nack whose reason is the error. */
export function endingOfThrow(error: unknown): Ending {
  const detail = failureDetail(error);
  return {
    settlement: { kind: 'nack', reason: failureReason(error) },
    thrown: { error },
    ...(detail === undefined ? {} : { detail }),
  };
}
