import type { JsonValue } from '@agentbus/core';
import { nodeFields } from './json-entries.ts';
import type { JsonNode } from './json-node.ts';
import { textField } from './letter-fields.ts';

/** The ids in a list that a mailbox keeps of what was processed; a list of messages counts by their ids. */
export function idsIn(list: JsonValue | undefined): ReadonlySet<string> {
  const ids = Array.isArray(list) ? list : [];
  return new Set(
    ids
      .map((id: JsonValue) => (typeof id === 'object' && id !== null && 'message_id' in id ? id.message_id : id))
      .filter((id) => typeof id === 'string' || typeof id === 'number')
      .map(String),
  );
}

/** Whether a message is in such a list. One without an id of its own is listed by its task. */
export function isListed(node: JsonNode, ids: ReadonlySet<string>): boolean {
  if (node.kind !== 'object' || ids.size === 0) return false;
  const fields = nodeFields(node);
  const id = textField('id', fields)?.text ?? fields.get('task_id');
  return (typeof id === 'string' || typeof id === 'number') && ids.has(String(id));
}
