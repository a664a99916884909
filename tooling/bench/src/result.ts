import { type Summary, summarize } from './statistics.ts';

/** What one benchmark found. */
export interface Result {
  readonly name: string;
  readonly title: string;
  /** What was done and how it was timed, for readers of the figures. */
  readonly method: string;
  readonly figures: readonly Figure[];
  readonly targets: readonly Target[];
}

/** One measured quantity. */
export interface Figure extends Summary {
  readonly label: string;
  readonly unit: string;
}

/** What a figure is meant to be. */
export interface Target {
  readonly what: string;
  readonly wanted: 'at least' | 'below';
  readonly bound: number;
  readonly value: number;
  readonly unit: string;
  readonly met: boolean;
}

/** A figure out of its measurements. */
export function figure(label: string, unit: string, values: readonly number[]): Figure {
  return { label, unit, ...summarize(values) };
}

/** Compares a value with what it should be. */
export function target(
  what: string,
  value: number,
  wanted: 'at least' | 'below',
  bound: number,
  unit: string = '',
): Target {
  return { what, wanted, bound, value, unit, met: wanted === 'at least' ? value >= bound : value < bound };
}
