/** Lets somebody wait until something holds, without looking more often than it can have changed. */
export interface Condition {
  /** Something changed: whoever waited for this goes on. */
  changed(): void;
  /** Resolves as soon as `holds` returns true. */
  until(holds: () => boolean): Promise<void>;
}

/** Makes a condition that nobody waits for yet. */
export function createCondition(): Condition {
  const waiting = new Map<() => void, () => boolean>();
  return {
    changed() {
      if (waiting.size === 0) return;
      for (const [resolve, holds] of waiting) if (holds() && waiting.delete(resolve)) resolve();
    },
    until: (holds) => (holds() ? Promise.resolve() : new Promise((resolve) => waiting.set(resolve, holds))),
  };
}
