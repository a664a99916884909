import type { Entry } from './entry.ts';
import { jsonEntry, type UnwrappedFile } from './json-entries.ts';
import { type JsonNode, member } from './json-node.ts';
import { stateInFields } from './letter-state.ts';

/**
 * `queue.json`: a list of `{message{…}, queue_id, status, delivery_attempts, …}`, or of flat messages with a `status`. The
 * queue's own fields are the letter's envelope, so that a copy of the message in an inbox is the same letter. DELIVERED
 * is done, for delivering is all that a queue does; PROCESSING was in flight when the writer went away, and waits again.
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
  const delivered = typeof status === 'string' && /^delivered$/i.test(status.trim());
  const state = delivered ? ({ state: 'acked' } as const) : {};

  const message = member(node, 'message');
  if (message?.kind !== 'object') return { ...entry, hints: state };
  const envelope = new Map([...entry.fields].filter(([key]) => key !== 'message'));
  const inner = jsonEntry(message);
  if (inner.kind !== 'entry') return { ...inner, start: entry.start, end: entry.end };
  const queueId = envelope.get('queue_id');
  const processed = stateInFields(envelope) === 'acked' ? ({ state: 'acked' } as const) : state;
  return {
    ...inner,
    start: entry.start,
    end: entry.end,
    hints: { ...processed, envelope, ...(typeof queueId === 'string' ? { nativeId: queueId } : {}) },
  };
}
