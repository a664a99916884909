/**
 * Groups of names that may be spellings of one agent: `Agent-3`, `Agent3`, `agent-Agent-3`, `Agent-3 (Captain)`. Only
 * ever a question to the operator, because two spellings may just as well be two agents.
 */
export function likelyAliases(names: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const core = coreOf(name);
    if (core !== '') groups.set(core, [...(groups.get(core) ?? []), name]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** A name without ranks, remarks in brackets and punctuation; numbers without leading zeros. */
function coreOf(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/\(.*?\)|\[.*?\]/g, ' ')
    .replace(/(\p{L})(?=\d)|(\d)(?=\p{L})/gu, '$1$2 ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.replace(/^0+(?=\d)/, ''));
  const telling = words.filter((word) => word !== 'agent' && word !== 'captain');
  return (telling.length > 0 ? telling : [...new Set(words)]).join(' ');
}
