import { BusError } from '@agentbus/core';

// What options may be. Every refusal names the option, its value and the remedy.

/** A number of milliseconds, at least `least`. */
export function requireDuration(name: string, value: number, least: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
  throw invalid(name, value, `a number of milliseconds, at least ${least}`);
}

/** A whole number, at least `least`. */
export function requireCount(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(name, value, `a whole number, at least ${least}`);
}

/** A text of 1 to `maxLength` characters. */
export function requireText(name: string, value: string, maxLength: number = 10_000): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  const shown = typeof value === 'string' && value.length > 40 ? `${value.length} characters long` : show(value);
  throw new BusError('invalid_option', `${name} is ${shown}; it must be a text of 1 to ${maxLength} characters.`);
}

/** Refuses names that nobody listens to: mostly typing errors, which would otherwise do nothing in silence. */
export function refuseUnknownOptions(what: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new BusError(
    'invalid_option',
    `${what} has no option "${unknown}"; did you mistype it? There are: ${known.join(', ')}.`,
  );
}

/** The refusal of one option. */
export function invalid(name: string, value: unknown, remedy: string): BusError {
  return new BusError('invalid_option', `${name} is ${show(value)}; it must be ${remedy}.`);
}

function show(value: unknown): string {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
    ? JSON.stringify(value)
    : String(value);
}
