import type { Entry, EntryHints } from './entry.ts';
import { jsonEntry, nodeFields } from './json-entries.ts';
import type { JsonNode } from './json-node.ts';
import { textField } from './letter-fields.ts';

/**
 * The entries of a list of messages. Those that a mailbox's list of processed ones names are processed; one without an id
 * of its own is named by its task.
 */
export function listEntries(list: JsonNode | undefined, processed: JsonNode | undefined, hints: EntryHints): Entry[] {
  if (list?.kind !== 'array') return [];
  const ids = new Set(processed?.kind === 'array' ? processed.items.map(idOf) : []);
  return list.items.map((node) => {
    const id = idOf(node);
    return jsonEntry(node, id !== undefined && ids.has(id) ? { ...hints, state: 'acked' } : hints);
  });
}

/** The messages that a list of processed ones holds in full, where it does not only name them. */
export function processedEntries(processed: JsonNode | undefined, hints: EntryHints): Entry[] {
  if (processed?.kind !== 'array') return [];
  const whole = processed.items.filter((node) => node.kind === 'object' && node.members.length > 0);
  return whole.map((node) => jsonEntry(node, { ...hints, state: 'acked', list: 'processed' }));
}

/** In the order of the file, whichever list comes first there. */
export function inFileOrder(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((one, other) => one.start - other.start);
}

function idOf(node: JsonNode): string | undefined {
  if (node.kind === 'scalar') return node.value === null ? undefined : String(node.value);
  if (node.kind !== 'object') return undefined;
  const fields = nodeFields(node);
  const id = textField('id', fields)?.text ?? fields.get('task_id');
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}
