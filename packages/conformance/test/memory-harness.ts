import type { StoreHarness } from '@agentbus/conformance';
import { createMemoryStore } from '@agentbus/core';

/** The reference: nothing is declared but what a store without a file cannot have. */
export const memoryHarness: StoreHarness = {
  differences: {
    reopen: 'a memory store ends with its process',
    second: 'a memory store is seen by one process only',
  },
  open: async ({ clock }) => createMemoryStore({ clock }),
};
