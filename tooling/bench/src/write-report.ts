import type { Machine } from './machine.ts';
import type { Figure, Result, Target } from './result.ts';

/** What is committed: the figures and where they come from. */
export interface Report {
  readonly measuredOn: string;
  readonly machine: Machine;
  readonly results: readonly Result[];
}

/** The report for people. */
export function toMarkdown({ measuredOn, machine, results }: Report): string {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- --write`. Every ratio compares contestants that took turns in one run on one file system: A, B, A, B, … Medians, with the quartiles as spread. Absolute figures say more about the disk than about the bus; the ratios hold elsewhere too. All payloads are 256 bytes.',
    '',
    `Measured on ${measuredOn}: ${describe(machine)}.`,
    ...results.flatMap(toSection),
    '',
  ].join('\n');
}

/** The machine in one line. */
export function describe({ cpu, cores, memoryGiB, system, node, sqlite, fileSystem }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, ${system}, Node ${node}, SQLite ${sqlite}, ${fileSystem}`;
}

/** A Markdown table; columns after the first are numbers. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)];
}

/** A number as people read it: three digits that count, thousands divided. */
export function toText(value: number): string {
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function toSection({ title, method, figures, targets }: Result): string[] {
  return [
    '',
    `## ${title}`,
    '',
    method,
    '',
    ...toTable(['', 'median', 'quartiles', 'unit', 'rounds'], figures.map(toRow)),
    '',
    ...targets.map(toLine),
  ];
}

function toRow({ label, median, low, high, unit, count }: Figure): string[] {
  return [label, toText(median), count === 1 ? '' : `${toText(low)} – ${toText(high)}`, unit, String(count)];
}

function toLine({ what, value, wanted, bound, unit, met }: Target): string {
  const suffix = unit === '' ? '' : ` ${unit}`;
  return `- ${what}: **${toText(value)}${suffix}**, wanted ${wanted} ${bound}${suffix}: ${met ? 'met' : '**missed**'}`;
}
