import type { Entry } from './entry.ts';
import { jsonEntry } from './json-entries.ts';
import type { JsonNode } from './json-node.ts';

/** `inbox.json`, and any other list of messages: each element is a letter. */
export function unwrapList(root: JsonNode): Entry[] | undefined {
  return root.kind === 'array' ? root.items.map((node) => jsonEntry(node)) : undefined;
}
