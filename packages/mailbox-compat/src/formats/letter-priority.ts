import type { Priority } from '@agentbus/core';

const known = new Map<string, Priority>([
  ...spellings('urgent', 'urgent critical crit emergency immediate immediately asap blocker highest p0 sev0'),
  ...spellings('high', 'high important elevated major p1 sev1'),
  ...spellings(
    'normal',
    'normal medium med mid moderate regular standard default routine info informational average p2',
  ),
  ...spellings('low', 'low lowest minor trivial background optional p3 p4 p5'),
]);

/**
 * The priority that a raw text means. Emoji, bold marks, brackets and an enum's name around the word do not matter:
 * `**HIGH**`, `🔥 High`, `MessagePriority.HIGH`. The first word that is known decides.
 *
 * Numbers and unknown words are `normal`: some writers count upwards, others downwards, so a guess would be wrong for
 * half of them. The raw text is kept in the letter's header.
 */
export function priorityOf(raw: string): Priority {
  const found =
    raw
      .slice(0, 200)
      .toLowerCase()
      .match(/[a-z]+\d?/g) ?? [];
  for (const [index, word] of found.entries()) {
    const priority = known.get(word);
    if (priority === undefined) continue;
    const negated = found[index - 1] === 'not' || found[index - 1] === 'non';
    return negated ? 'normal' : priority;
  }
  return 'normal';
}

function spellings(priority: Priority, list: string): [string, Priority][] {
  return list.split(' ').map((word) => [word, priority]);
}
