/**
 * Tells listeners that there is news. Rings within one turn of the event loop are merged, so that a thousand commits
 * wake a consumer once; a listener is never called from inside the call that rang.
 */
export interface Bell {
  ring(): void;
  /** Adds a listener and returns the undo. */
  listen(listener: () => void): () => void;
}

/** Makes a bell that nobody listens to yet. */
export function createBell(): Bell {
  const listeners = new Map<symbol, () => void>();
  let rung = false;
  return {
    ring() {
      if (rung || listeners.size === 0) return;
      rung = true;
      setImmediate(() => {
        rung = false;
        for (const listener of [...listeners.values()]) listener();
      });
    },
    listen(listener) {
      const key = Symbol('listener');
      listeners.set(key, listener);
      return () => {
        listeners.delete(key);
      };
    },
  };
}
