/** A row of cells; numbers are aligned to the right. */
export type Row = readonly (string | number)[];

/** Lays rows out in columns, indented by two, without a trailing space. */
export function table(rows: readonly Row[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => width(String(row[column] ?? '')))),
  );
  const isNumeric = Array.from({ length: columns }, (_, column) => rows.some((row) => typeof row[column] === 'number'));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const text = String(cell);
      const padding = ' '.repeat((widths[column] ?? 0) - width(text));
      return isNumeric[column] === true ? padding + text : text + padding;
    });
    return `  ${cells.join('   ')}`.trimEnd();
  });
}

/** What a terminal gives a text: two cells for East Asian wide characters and emoji, none for combining marks. */
function width(text: string): number {
  let cells = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    const wide =
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
    cells += wide.test(character) ? 2 : 1;
  }
  return cells;
}
