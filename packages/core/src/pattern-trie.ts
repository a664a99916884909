interface Node<Value> {
  readonly children: Map<string, Node<Value>>;
  /** Values whose pattern ends here. */
  readonly here: Set<Value>;
  /** Values whose pattern ends here with `>`. */
  readonly rest: Set<Value>;
}

/**
 * Values filed under patterns, looked up by topic. A lookup walks the topic's tokens and costs as much as there are
 * patterns that could match, however many are filed. One value may be filed under several patterns and is found once.
 */
export interface PatternTrie<Value> {
  /** Files `value` under `pattern` and returns the undo. The pattern must be valid. */
  add(pattern: string, value: Value): () => void;
  /** All values under patterns that match `topic`, in no particular order. */
  match(topic: string): Set<Value>;
  /** How many pairs of pattern and value are filed. */
  readonly size: number;
}

/**
 * Makes an empty {@link PatternTrie}.
 *
 * ```ts
 * const trie = createPatternTrie<string>();
 * const undo = trie.add('agents.*.inbox', 'audit');
 * trie.match('agents.planner.inbox'); // Set { 'audit' }
 * undo();
 * ```
 */
export function createPatternTrie<Value>(): PatternTrie<Value> {
  const root = createNode<Value>();
  let size = 0;
  return {
    add(pattern, value) {
      const path: { parent: Node<Value>; token: string }[] = [];
      let node = root;
      let last = root.here;
      for (const token of pattern.split('.')) {
        if (token === '>') {
          last = node.rest;
          break;
        }
        path.push({ parent: node, token });
        node = childOf(node, token);
        last = node.here;
      }
      if (!last.has(value)) {
        last.add(value);
        size += 1;
      }
      let undone = false;
      return () => {
        // The pair may have been filed again since, by somebody else.
        if (undone || !last.delete(value)) return;
        undone = true;
        size -= 1;
        prune(path);
      };
    },
    match(topic) {
      const found = new Set<Value>();
      collect(root, topic.split('.'), 0, found);
      return found;
    },
    get size() {
      return size;
    },
  };
}

function createNode<Value>(): Node<Value> {
  return { children: new Map(), here: new Set(), rest: new Set() };
}

function childOf<Value>(node: Node<Value>, token: string): Node<Value> {
  const known = node.children.get(token);
  if (known !== undefined) return known;
  const child = createNode<Value>();
  node.children.set(token, child);
  return child;
}

function collect<Value>(node: Node<Value>, tokens: readonly string[], depth: number, found: Set<Value>): void {
  const token = tokens[depth];
  if (token === undefined) {
    for (const value of node.here) found.add(value);
    return;
  }
  for (const value of node.rest) found.add(value);
  const exact = node.children.get(token);
  if (exact !== undefined) collect(exact, tokens, depth + 1, found);
  const any = node.children.get('*');
  if (any !== undefined) collect(any, tokens, depth + 1, found);
}

/** Drops nodes that hold nothing any more, so that subscribing and unsubscribing for ever does not grow the trie. */
function prune<Value>(path: readonly { parent: Node<Value>; token: string }[]): void {
  for (const { parent, token } of [...path].reverse()) {
    const child = parent.children.get(token);
    if (child === undefined) continue;
    if (child.here.size > 0 || child.rest.size > 0 || child.children.size > 0) return;
    parent.children.delete(token);
  }
}
