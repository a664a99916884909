/** How far a file departs from JSON, and what of it would otherwise be lost. Filled while it is read. */
export interface Repairs {
  /** Short names of what had to be repaired, in the order of discovery; the header `mailbox-recovered` lists them. */
  readonly how: Set<string>;
  /** Comments found between values. */
  readonly comments: string[];
  /** Whether a repair had to guess or lost bytes, so that the raw bytes are kept with the letter. */
  guessed: boolean;
}

/** A fresh, empty account. */
export function noRepairs(): Repairs {
  return { how: new Set(), comments: [], guessed: false };
}
