import type { Entry, EntryHints } from './entry.ts';
import { jsonEntry, type UnwrappedFile } from './json-entries.ts';
import { type JsonNode, member } from './json-node.ts';
import { stateInFields } from './letter-state.ts';

/**
 * `queue.json`: a list of `{message{…}, queue_id, status, delivery_attempts, …}`, or of flat messages with a `status`. The
 * queue's own fields are the letter's envelope. PROCESSING was in flight when the writer went away, and waits again.
 *
 * DELIVERED is done, for delivering is all that a queue does. The copy that was delivered is another letter for that
 * reason: it still waits in its inbox, and must not be taken for processed.
 */
export function unwrapQueue(root: JsonNode, { stem }: UnwrappedFile): Entry[] | undefined {
  const list = root.kind === 'object' ? (member(root, 'queue') ?? member(root, 'entries')) : root;
  if (list?.kind !== 'array' || list.items.length === 0) return undefined;
  const isQueue = /queue/i.test(stem) || list.items.some((item) => member(item, 'queue_id') !== undefined);
  return isQueue ? list.items.map(queueEntry) : undefined;
}

function queueEntry(node: JsonNode): Entry {
  const entry = jsonEntry(node);
  if (entry.kind !== 'entry') return entry;
  const status = entry.fields.get('status');
  const delivered = typeof status === 'string' && /^(?:\w+\.)?delivered$/i.test(status.trim());
  const hints: EntryHints = { apart: 'queue', ...(delivered ? { state: 'acked' } : {}) };

  const message = member(node, 'message');
  if (message?.kind !== 'object') return { ...entry, hints };
  const { start, end } = entry;
  const inner = jsonEntry(message);
  if (inner.kind !== 'entry') return { ...inner, start, end };
  const envelope = new Map([...entry.fields].filter(([key]) => key !== 'message'));
  const queueId = envelope.get('queue_id');
  const done = stateInFields(envelope) === 'acked' ? ({ state: 'acked' } as const) : {};
  const id = typeof queueId === 'string' ? { nativeId: queueId } : {};
  return { ...inner, start, end, hints: { ...hints, ...done, ...id, envelope } };
}
