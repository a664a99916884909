/** The most messages that one commit keeps: beyond some hundred the cost of the fsync no longer shows. */
const maxItems = 500;
/** The most bytes of mailbox files behind one commit; bounds what is in memory at a time. A larger item goes alone. */
const maxBytes = 4 * 1024 * 1024;

/** Divides items into lists in their order, each small enough for one commit. */
export function* batches<Item extends { readonly bytes: number }>(items: Iterable<Item>): Generator<Item[]> {
  let batch: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    if (batch.length > 0 && (batch.length >= maxItems || bytes + item.bytes > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += item.bytes;
  }
  if (batch.length > 0) yield batch;
}
