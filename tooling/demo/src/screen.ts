import { styleText } from 'node:util';

/** Where the demo writes. Colours are for terminals whose owner has not asked for none. */
export interface Screen {
  line(text?: string): void;
  /** A numbered heading. */
  heading(text: string): void;
  /** Rows in aligned columns; the first row is the header. Columns of figures are aligned to the right. */
  table(rows: readonly (readonly string[])[]): void;
  readonly paint: Readonly<Record<Tone, (text: string) => string>>;
}

type Tone = 'good' | 'bad' | 'warning' | 'quiet' | 'strong';

const indent = '   ';

/** What a screen needs of `process.stdout`. */
export interface Paper {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Makes the screen that writes to `paper`. */
export function createScreen(paper: Paper, env: NodeJS.ProcessEnv): Screen {
  const coloured = paper.isTTY === true && (env.NO_COLOR ?? '') === '';
  const painter =
    (style: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      coloured ? styleText(style, text, { validateStream: false }) : text;
  const paint = {
    good: painter('green'),
    bad: painter('red'),
    warning: painter('yellow'),
    quiet: painter('dim'),
    strong: painter('bold'),
  };
  let headings = 0;

  function line(text = ''): void {
    paper.write(text === '' ? '\n' : `${indent}${text}\n`);
  }

  return {
    line,
    heading(text) {
      headings += 1;
      paper.write(`\n${paint.strong(`${headings}  ${text}`)}\n\n`);
    },
    table([header = [], ...rows]) {
      const all = [header, ...rows];
      const widths = header.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
      const isFigures = header.map((_, column) => rows.every((row) => /^[\d–]|^$/.test(row[column] ?? '')));
      for (const [index, row] of all.entries()) {
        const cells = row.map((cell, column) => {
          const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
          return isFigures[column] === true ? padding + cell : cell + padding;
        });
        const text = cells.join('   ').trimEnd();
        line(index === 0 ? paint.quiet(text) : text);
      }
    },
    paint,
  };
}

/** Text that somebody else wrote, as one harmless line: no control characters, no longer than `length`. */
export function harmless(text: string, length: number): string {
  const flat = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  const letters = [...flat];
  return letters.length <= length ? flat : `${letters.slice(0, length - 1).join('')}…`;
}

/** `1 letter`, `2,000 letters`. */
export function countOf(count: number, one: string, many: string = `${one}s`): string {
  return `${figure(count)} ${count === 1 ? one : many}`;
}

/** A whole number for people. */
export function figure(count: number): string {
  return count.toLocaleString('en');
}

/** A duration with as many digits as are worth reading. */
export function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

/** The time of day in the zone of whoever looks. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function widthOf(text: string): number {
  return [...text].length;
}
