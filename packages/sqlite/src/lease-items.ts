import type { Failure } from '@agentbus/core';

/**
 * One open delivery of a lease. `position` is its place in the batch as it was claimed, which names its byte in the
 * holder's starts file.
 */
export interface LeaseItem {
  readonly position: number;
  readonly seq: number;
  readonly starts: number;
  readonly redrives: number;
  readonly suspect: boolean;
  readonly failures: readonly Failure[];
}

/** One empty list for all: nearly every delivery has no failures, and thousands of them are made a second. */
export const noFailures: readonly Failure[] = [];

/**
 * A lease's deliveries as its row keeps them: a JSON array with one element for each place of the claimed batch. 0 is
 * settled; a bare number is the `seq` of a message that nothing has happened to yet, as nearly all are; an array is
 * `[seq, starts, redrives, suspect, failures]`.
 */
export function encodeItems(items: readonly LeaseItem[], size: number): string {
  const places: unknown[] = new Array(size).fill(0);
  for (const { position, seq, starts, redrives, suspect, failures } of items) {
    const untouched = starts === 0 && redrives === 0 && !suspect && failures.length === 0;
    places[position] = untouched ? seq : [seq, starts, redrives, suspect ? 1 : 0, failures];
  }
  return JSON.stringify(places);
}

/** The open deliveries of a lease and the size of the batch as it was claimed. */
export function decodeItems(text: string): { readonly items: LeaseItem[]; readonly size: number } {
  const places: (number | [number, number, number, number, Failure[]])[] = JSON.parse(text);
  const items: LeaseItem[] = [];
  for (const [position, place] of places.entries()) {
    if (place === 0) continue;
    if (typeof place === 'number') {
      items.push({ position, seq: place, starts: 0, redrives: 0, suspect: false, failures: noFailures });
    } else {
      const [seq, starts, redrives, suspect, failures] = place;
      items.push({ position, seq, starts, redrives, suspect: suspect === 1, failures });
    }
  }
  return { items, size: places.length };
}
