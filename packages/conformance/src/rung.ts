import type { Store } from '@agentbus/core';

/** How long to wait for a ring that must come, by the machine's clock. Only a store that never rings waits so long. */
const patienceMs = 10_000;

/** Does something and resolves once the store has rung for it; rejects if it does not. */
export async function rung(store: Store, action: () => Promise<unknown>): Promise<void> {
  // Rings for what happened before may still be under way, and would be taken for the one that is due.
  await quiet();
  let unwatch = (): void => {};
  const ring = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The store did not ring within ${patienceMs} ms.`)), patienceMs);
    unwatch = store.watch(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  try {
    await Promise.all([ring, action()]);
  } finally {
    unwatch();
  }
}

/** A few turns of the event loop: merged rings inside one process come within one. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
