import { encodeToken } from '@agentbus/core';

/** The recipient of letters that are meant for every agent. */
export const everybody = 'broadcast';

const everybodyWords =
  /^(?:\*|broadcasts?|every(?:one|body)|all(?:[ _-]*(?:active)?[ _-]*agents?)?|agents?[ _-]*all)$/i;

/** Whether a recipient as spelled means every agent. */
export function meansEverybody(name: string): boolean {
  return everybodyWords.test(name);
}

/**
 * Whether two spellings look like one agent: `Agent-3`, `Agent3`, `agent_3`. Good enough to choose between a field and
 * the directory that the letter lies in, not to merge two mailboxes.
 */
export function looksLikeSameAgent(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

/** A name from a field, trimmed; undefined when no topic could carry it. */
export function usableName(raw: string): string | undefined {
  const name = raw.trim();
  if (name === '') return undefined;
  try {
    encodeToken(name);
    return name;
  } catch {
    // Too long for a topic token: no agent is called so. The raw text stays with the letter.
    return undefined;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}
