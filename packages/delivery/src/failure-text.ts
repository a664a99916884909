/** Long enough for any message that was written for people; a payload pasted into an error must not fill the store. */
const reasonLength = 500;
const detailLength = 4_000;

/** Why an attempt failed, in one line: for the delivery's history. */
export function failureReason(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `${typeof error}: ${asText(error)}`;
  return shorten(text, reasonLength);
}

/** Where it failed, for whoever opens the dead letter; undefined when the error does not tell. */
export function failureDetail(error: unknown): string | undefined {
  return error instanceof Error && error.stack !== undefined ? shorten(error.stack, detailLength) : undefined;
}

/** Anything can be thrown, even what has no text. */
function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
