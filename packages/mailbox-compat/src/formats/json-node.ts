import type { JsonValue } from '@agentbus/core';
import { fitsDouble } from './exact-number.ts';

interface Range {
  /** Byte offsets in the file, end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A JSON value with its place in the file. `broken` stands for what could not be read. */
export type JsonNode =
  | (Range & { readonly kind: 'object'; readonly members: readonly JsonMember[] })
  | (Range & { readonly kind: 'array'; readonly items: readonly JsonNode[] })
  | (Range & { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly literal?: string })
  | (Range & { readonly kind: 'broken'; readonly reason: string });

export interface JsonMember {
  readonly key: string;
  readonly node: JsonNode;
}

/** What a plain value cannot hold; nothing of a letter is altered in silence. Paths are JSON pointers into the value. */
export interface ValueNotes {
  /** Numbers beyond double precision, as they were written. */
  readonly exactNumbers: Record<string, string>;
  /** Earlier values of keys that an object names twice; the last one is in the value, as JSON.parse has it. */
  readonly duplicateKeys: Record<string, readonly JsonValue[]>;
}

export interface PlainValue {
  readonly value: JsonValue;
  readonly notes: ValueNotes;
}

/** The plain value of a node without broken parts. `__proto__` and its like are own data like any other key. */
export function plainValue(node: JsonNode): PlainValue {
  const exactNumbers = new Map<string, string>();
  const duplicateKeys = new Map<string, readonly JsonValue[]>();

  const convert = (from: JsonNode, path: string): JsonValue => {
    switch (from.kind) {
      case 'scalar':
        if (typeof from.value !== 'number' || from.literal === undefined) return from.value;
        if (fitsDouble(from.literal)) return from.value;
        exactNumbers.set(path, from.literal);
        // Beyond the range of doubles there is no number to keep; the text is better than null.
        return Number.isFinite(from.value) ? from.value : from.literal;
      case 'array':
        return from.items.map((item, index) => convert(item, `${path}/${index}`));
      case 'object': {
        const members = new Map<string, JsonValue>();
        for (const { key, node: child } of from.members) {
          const childPath = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          const earlier = members.get(key);
          if (earlier !== undefined) duplicateKeys.set(childPath, [...(duplicateKeys.get(childPath) ?? []), earlier]);
          members.set(key, convert(child, childPath));
        }
        return Object.fromEntries(members);
      }
      case 'broken':
        return null;
    }
  };

  const value = convert(node, '');
  return {
    value,
    notes: { exactNumbers: Object.fromEntries(exactNumbers), duplicateKeys: Object.fromEntries(duplicateKeys) },
  };
}

/** The first broken part of a node, if any. */
export function firstBroken(node: JsonNode): (JsonNode & { kind: 'broken' }) | undefined {
  if (node.kind === 'broken') return node;
  if (node.kind === 'scalar') return undefined;
  for (const child of node.kind === 'array' ? node.items : node.members.map((member) => member.node)) {
    const found = firstBroken(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An object's member by exact key; the last one where a key is named twice. */
export function member(node: JsonNode, key: string): JsonNode | undefined {
  return node.kind === 'object' ? node.members.findLast((candidate) => candidate.key === key)?.node : undefined;
}
