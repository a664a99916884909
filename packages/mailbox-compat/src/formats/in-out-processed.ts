import type { Entry } from './entry.ts';
import { nodeFields, type UnwrappedFile } from './json-entries.ts';
import { type JsonNode, member } from './json-node.ts';
import { inFileOrder, listEntries, processedEntries } from './listed-messages.ts';

/**
 * `{incoming[], outgoing[], processed_ids[]}`: one agent's received and sent letters in one object. What was received and
 * is listed in `processed_ids` was processed; what was sent waits for its recipient.
 */
export function unwrapInOutProcessed(root: JsonNode, { place }: UnwrappedFile): Entry[] | undefined {
  const incoming = member(root, 'incoming');
  const outgoing = member(root, 'outgoing');
  if (root.kind !== 'object' || (incoming?.kind !== 'array' && outgoing?.kind !== 'array')) return undefined;

  const others = root.members.filter(({ node }) => node !== incoming && node !== outgoing);
  const outer = nodeFields({ ...root, members: others });
  const named = ['agent_id', 'agent', 'owner'].map((key) => outer.get(key)).find((value) => typeof value === 'string');
  const owner = typeof named === 'string' && named.trim() !== '' ? named.trim() : place.owner;
  const whose = owner === undefined ? {} : { owner };

  const processed = member(root, 'processed_ids') ?? member(root, 'processed');
  const received = { area: 'mailbox', ...whose } as const;
  return inFileOrder([
    ...listEntries(incoming, processed, received),
    ...listEntries(outgoing, undefined, { area: 'outbox', list: 'outgoing', ...whose }),
    ...processedEntries(processed, received),
  ]);
}
