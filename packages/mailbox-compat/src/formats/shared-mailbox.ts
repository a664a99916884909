import type { Entry } from './entry.ts';
import { nodeFields, type UnwrappedFile } from './json-entries.ts';
import { type JsonNode, member } from './json-node.ts';
import { isLetterShaped } from './letter-fields.ts';
import type { NativeFields } from './letter-state.ts';
import { inFileOrder, listEntries, processedEntries } from './listed-messages.ts';

const ownerKeys = ['assigned_agent_id', 'owner', 'agent_id', 'agent', 'mailbox_id'];
const mailboxKeys = new Set([...ownerKeys, 'status', 'last_seen_utc', 'processed_message_ids', 'processed_messages']);

/**
 * `mailbox_3.json`: `{status, assigned_agent_id, messages[], processed_message_ids[]}`. The agent it is assigned to
 * reads it, so the letters are that agent's; unclaimed, they wait under the mailbox's own name for whoever claims it. A
 * message whose id is among the processed ones is processed.
 */
export function unwrapSharedMailbox(root: JsonNode, file: UnwrappedFile): Entry[] | undefined {
  const messages = member(root, 'messages') ?? member(root, 'inbox');
  if (root.kind !== 'object' || messages?.kind !== 'array') return undefined;
  const others = root.members.map(({ key }) => key).filter((key) => key !== 'messages' && key !== 'inbox');
  const isMailbox = others.some((key) => mailboxKeys.has(key)) || others.length === 0;
  const outer = nodeFields({ ...root, members: root.members.filter(({ node }) => node !== messages) });
  if (!isMailbox || isLetterShaped(outer)) return undefined;

  const hints = { area: 'mailbox', owner: ownerOf(outer, file) } as const;
  const processed = member(root, 'processed_message_ids') ?? member(root, 'processed_messages');
  return inFileOrder([...listEntries(messages, processed, hints), ...processedEntries(processed, hints)]);
}

function ownerOf(outer: NativeFields, { stem, place }: UnwrappedFile): string {
  const named = ownerKeys
    .map((key) => outer.get(key))
    .find((value) => typeof value === 'string' && value.trim() !== '');
  return typeof named === 'string' ? named.trim() : (place.owner ?? stem);
}
