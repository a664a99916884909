import { BusError, type Draft, type MessageRecord, type Store } from '@agentbus/core';

/** What the store holds under these ids, by id. */
export async function findStored(store: Store, ids: readonly string[]): Promise<Map<string, MessageRecord>> {
  if (ids.length === 0) return new Map();
  const found = await store.read({ ids, limit: ids.length });
  return new Map(found.map(({ record }) => [record.id, record]));
}

/**
 * Appends drafts whose ids were not stored a moment ago, and resolves to what has turned up in the store since, by id.
 *
 * Another importer, or a bridge on the same mailbox, may be publishing the same letters right now, from another copy and
 * so with other headers. Then the store refuses the whole batch with `id_conflict`, and the rest is tried again.
 */
export async function appendNew(store: Store, drafts: readonly Draft[]): Promise<Map<string, MessageRecord>> {
  const meanwhile = new Map<string, MessageRecord>();
  let rest = drafts;
  while (rest.length > 0) {
    try {
      const results = await store.append(rest);
      for (const [index, draft] of rest.entries()) {
        if (results[index]?.duplicate === true) meanwhile.set(draft.id, draft);
      }
      return meanwhile;
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'id_conflict') throw error;
      const found = await findStored(
        store,
        rest.map(({ id }) => id),
      );
      if (found.size === 0) throw error;
      for (const [id, record] of found) meanwhile.set(id, record);
      rest = rest.filter(({ id }) => !found.has(id));
    }
  }
  return meanwhile;
}

/** Whether a stored message came from a mailbox. If not, it merely has the id that a letter would get. */
export function isLetter(record: MessageRecord): boolean {
  return record.headers['mailbox-sha256'] !== undefined;
}
