import type { Store } from '@agentbus/core';

/** How long to wait for a ring that must come, by the machine's clock. Only a store that never rings waits so long. */
const patienceMs = 10_000;
/** How long it must be quiet before: rings from other processes take a millisecond or two. */
const quietMs = 25;

/** Does something and resolves once the store has rung for it; rejects if it does not. */
export async function rung(store: Store, action: () => Promise<unknown>): Promise<void> {
  let rings = 0;
  let heard = (): void => {};
  let patience: NodeJS.Timeout | undefined;
  const unwatch = store.watch(() => {
    rings += 1;
    heard();
  });
  try {
    // A ring for what happened before may still be under way, and would be taken for the one that is due.
    for (let before = -1; before !== rings; ) {
      before = rings;
      await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
    const ring = new Promise<void>((resolve, reject) => {
      heard = resolve;
      patience = setTimeout(() => reject(new Error(`The store did not ring within ${patienceMs} ms.`)), patienceMs);
    });
    await Promise.all([ring, action()]);
  } finally {
    clearTimeout(patience);
    unwatch();
  }
}
