import type { Entry, EntryHints } from './entry.ts';
import { jsonEntry, nodeFields, type UnwrappedFile } from './json-entries.ts';
import { type JsonNode, member } from './json-node.ts';
import { idsIn, isListed } from './processed-ids.ts';

/**
 * `{incoming[], outgoing[], processed_ids[]}`: one agent's received and sent letters in one object. What is listed in
 * `processed_ids` was processed; what was sent waits for its recipient unless it is listed too.
 */
export function unwrapInOutProcessed(root: JsonNode, { place }: UnwrappedFile): Entry[] | undefined {
  const incoming = member(root, 'incoming');
  const outgoing = member(root, 'outgoing');
  if (root.kind !== 'object' || (incoming?.kind !== 'array' && outgoing?.kind !== 'array')) return undefined;

  const outer = nodeFields({
    ...root,
    members: root.members.filter(({ node }) => node !== incoming && node !== outgoing),
  });
  const processed = idsIn(outer.get('processed_ids') ?? outer.get('processed'));
  const named = ['agent_id', 'agent', 'owner'].map((key) => outer.get(key)).find((value) => typeof value === 'string');
  const owner = typeof named === 'string' && named.trim() !== '' ? named.trim() : place.owner;

  const entries = (list: JsonNode | undefined, hints: EntryHints): Entry[] =>
    list?.kind !== 'array'
      ? []
      : list.items.map((node) => jsonEntry(node, isListed(node, processed) ? { ...hints, state: 'acked' } : hints));
  const whose = owner === undefined ? {} : { owner };
  return [...entries(incoming, { area: 'mailbox', ...whose }), ...entries(outgoing, { area: 'outbox', ...whose })];
}
