/** The word that `typed` was most likely meant to be: at most two letters inserted, left out or exchanged. */
export function closestWord(typed: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = 3;
  for (const word of words) {
    const edits = countEdits(typed, word);
    if (edits >= fewest || edits >= word.length / 2) continue;
    best = word;
    fewest = edits;
  }
  return best;
}

/** The Levenshtein distance, row by row. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [at, wanted] of [...to].entries()) {
      const replaced = (row[at] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
