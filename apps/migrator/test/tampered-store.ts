import type { MessageRecord, Store, StoreStats } from '@agentbus/core';

/** How a store that is only read may lie. */
export interface Tampering {
  /** What becomes of a stored message; undefined when it is gone. */
  readonly message?: (record: MessageRecord) => MessageRecord | undefined;
  readonly stats?: (stats: StoreStats) => StoreStats;
}

/** A store whose content was altered behind its back. */
export function tampered(store: Store, { message = (record) => record, stats = (all) => all }: Tampering): Store {
  return {
    ...store,
    read: async (query) =>
      (await store.read(query)).flatMap(({ seq, record }) => {
        const altered = message(record);
        return altered === undefined ? [] : [{ seq, record: altered }];
      }),
    stats: async () => stats(await store.stats()),
  };
}
