import type { Handler } from './delivery.ts';
import type { HandedDelivery } from './handed-delivery.ts';
import { type Ending, endingOfReturn, endingOfThrow } from './normalize.ts';

/**
 * Calls the handler, and `onEnd` once with how it ended: before this returns when the handler is synchronous, so that
 * quick handlers cost no promise.
 */
export function perform<Payload>(
  handler: Handler<Payload>,
  handed: HandedDelivery<Payload>,
  onEnd: (ending: Ending) => void,
  onUnexpected: (value: unknown) => void,
): void {
  let returned: ReturnType<Handler<Payload>>;
  try {
    // One object is both arguments: a second one for each message would only hold the signal.
    returned = handler(handed, handed);
  } catch (error) {
    onEnd(endingOfThrow(error));
    return;
  }
  if (isPromiseLike(returned)) {
    Promise.resolve(returned).then(
      (value) => onEnd(endingOfReturn(value, onUnexpected)),
      (error: unknown) => onEnd(endingOfThrow(error)),
    );
  } else {
    onEnd(endingOfReturn(returned, onUnexpected));
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
