import { likelyAliases } from '../likely-aliases.ts';
import { broadcastRecipient } from '../mailbox.ts';
import { quarantineTopic } from '../quarantine.ts';
import type { ImportSummary, QuarantineNote } from '../summary.ts';
import type { Paint } from './paint.ts';
import { type Row, table } from './table.ts';
import { visible } from './visible.ts';

/** What the summary is of. */
export type SummaryOf = 'scan' | 'dry-run' | 'import';

/** At most so many quarantined entries are listed one by one: a person reads no more, and `--json` has them all. */
const listed = 20;

/** The summary as a person reads it. `next` is the command that is most likely wanted now. */
export function summaryReport(summary: ImportSummary, of: SummaryOf, next: string | undefined, paint: Paint): string {
  const { root, store, quarantine, ignoredFiles, mailboxes } = summary;
  const title =
    of === 'scan'
      ? `Mailboxes in ${visible(root)}`
      : `${of === 'import' ? 'Imported' : 'Would import'} ${visible(root)} into ${visible(store ?? '')}`;
  const aliases = likelyAliases(Object.keys(mailboxes).filter((name) => name !== broadcastRecipient));
  return [
    paint.heading(title),
    ...section([], mailboxTable(summary)),
    ...section([], countTable(summary, of)),
    ...section(quarantineHeading(summary, of, paint), quarantineTable(quarantine)),
    ...section([paint.heading('Ignored: no messages by nature')], ignoredTable(ignoredFiles)),
    ...section(
      [paint.heading('Perhaps one agent under several names (merge with --alias OTHER=NAME)')],
      table(aliases.map((names) => [names.map(visible).join(', ')])),
    ),
    ...section([paint.heading('Next')], next === undefined ? [] : [`  ${next}`]),
    '',
  ].join('\n');
}

function section(heading: readonly string[], lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...heading, ...lines];
}

function mailboxTable({ mailboxes, states }: ImportSummary): string[] {
  const rows: Row[] = Object.entries(mailboxes).map(([name, counts]) => [visible(name), counts.pending, counts.acked]);
  if (rows.length === 0) return ['  There are no letters here.'];
  return table([['agent', 'pending', 'processed'], ...rows, ['in all', states.pending, states.acked]]);
}

function countTable({ files, entries, formats, recovered, elapsedMs }: ImportSummary, of: SummaryOf): string[] {
  const imported = of === 'import' ? 'imported' : 'to import';
  const lines: Row[] = [
    [
      'files',
      parts(files.total, [
        [files.messages, 'with messages'],
        [files.duplicates, 'with duplicates only'],
        [files.ignored, 'ignored'],
        [files.quarantined, 'quarantined'],
      ]),
    ],
    [
      'entries',
      parts(entries.total, [
        [entries.imported, imported],
        [entries.duplicates, 'duplicates'],
        [entries.quarantined, 'quarantined'],
      ]),
    ],
    [
      'formats',
      Object.entries(formats)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    ],
  ];
  if (recovered > 0) lines.push(['recovered', `${count(recovered, 'file')} whose text was damaged`]);
  lines.push(['took', `${(elapsedMs / 1000).toFixed(1)} s`]);
  return table(lines.filter(([, text]) => text !== ''));
}

function parts(total: number, named: readonly (readonly [number, string])[]): string {
  const shown = named.filter(([number]) => number > 0).map(([number, name]) => `${number} ${name}`);
  return shown.length === 0 ? String(total) : `${total}: ${shown.join(', ')}`;
}

function quarantineHeading({ entries }: ImportSummary, of: SummaryOf, paint: Paint): string[] {
  const kept =
    of === 'import'
      ? `kept byte for byte on topic ${quarantineTopic}`
      : `to be kept byte for byte on topic ${quarantineTopic}`;
  return [paint.bad(`Quarantined: ${count(entries.quarantined, 'entry', 'entries')}, ${kept}`)];
}

function quarantineTable(quarantine: readonly QuarantineNote[]): string[] {
  const rows = quarantine
    .slice(0, listed)
    .map(({ path, entry, reason }) => [
      entry === undefined ? visible(path) : `${visible(path)} #${entry}`,
      visible(reason),
    ]);
  return [...table(rows), ...more(quarantine.length - listed)];
}

function ignoredTable(ignored: ImportSummary['ignoredFiles']): string[] {
  const reasons = new Map<string, string[]>();
  for (const { path, reason } of ignored) reasons.set(reason, [...(reasons.get(reason) ?? []), path]);
  const rows = [...reasons].sort(([, a], [, b]) => b.length - a.length);
  return [
    ...table(rows.slice(0, listed).map(([reason, paths]) => [paths.length, visible(reason), visible(examples(paths))])),
    ...more(rows.length - listed),
  ];
}

function examples(paths: readonly string[]): string {
  const names = [...new Set(paths.map((path) => path.slice(path.lastIndexOf('/') + 1)))];
  return names.length > 2 ? `${names.slice(0, 2).join(', ')}, …` : names.join(', ');
}

function more(number: number): string[] {
  return number > 0 ? [`  … and ${number} more; --json lists them all`] : [];
}

/** A number with its noun: `1 letter`, `2 letters`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
