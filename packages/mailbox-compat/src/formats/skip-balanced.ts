/**
 * Where an element of a list that could not be read ends: at the comma or bracket after it. Brackets are counted, texts
 * skipped. When it does not end in good order it takes the rest of the file.
 */
export function skipBalanced(text: string, start: number): number {
  const significant = /["{}[\],]/g;
  significant.lastIndex = start;
  let depth = 0;
  for (let found = significant.exec(text); found !== null; found = significant.exec(text)) {
    const [character] = found;
    if (character === '"') {
      const end = endOfText(text, found.index);
      if (end === undefined) return text.length;
      significant.lastIndex = end;
    } else if (character === '{' || character === '[') depth++;
    else if (depth === 0) return Math.max(found.index, Math.min(start + 1, text.length));
    else if (character !== ',' && --depth === 0) return found.index + 1;
  }
  return text.length;
}

function endOfText(text: string, quote: number): number | undefined {
  const boundary = /["\\]/g;
  boundary.lastIndex = quote + 1;
  for (let found = boundary.exec(text); found !== null; found = boundary.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    boundary.lastIndex = found.index + 2;
  }
  return undefined;
}
