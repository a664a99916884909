import { sep } from 'node:path';
import type { ImportSummary } from './mailbox-import.ts';
import { countOf, figure, harmless, type Screen } from './screen.ts';

/** Rows of a list before it is cut short. */
const rows = 8;

/** The first part: what lay in the mailboxes, and what could not be read. */
export function showFindings(summary: ImportSummary, screen: Screen): void {
  const { files, entries, states, formats, mailboxes, recovered, quarantine, elapsedMs } = summary;
  const { paint } = screen;
  screen.line(
    `${countOf(files.total, 'file')}: ${listed([
      [files.messages, 'with letters'],
      [files.duplicates, 'with copies only'],
      [files.quarantined, 'unreadable'],
      [files.ignored, 'no mail'],
    ])}`,
  );
  screen.line(
    `${paint.strong(countOf(entries.imported, 'letter'))} put on the bus in ${figure(elapsedMs)} ms: ${listed([
      [states.pending, 'pending'],
      [states.acked, 'processed before and kept as history'],
    ])}`,
  );
  const remarks = listed([
    [recovered, 'recovered from damaged text'],
    [entries.duplicates, 'met again as a copy'],
    [entries.quarantined, 'quarantined'],
  ]);
  if (remarks !== '') screen.line(remarks);
  const agents = Object.entries(mailboxes).sort(([, a], [, b]) => b.pending - a.pending || b.acked - a.acked);
  if (agents.length > 0) {
    screen.line();
    screen.table([
      ['agent', 'pending', 'processed'],
      ...agents
        .slice(0, rows)
        .map(([agent, { pending, acked }]) => [harmless(agent, 40), figure(pending), figure(acked)]),
    ]);
    more(agents.length, 'agent', screen);
  }
  const found = Object.entries(formats).sort(([, a], [, b]) => b - a);
  if (found.length > 0) {
    screen.line();
    screen.table([['format', 'entries'], ...found.map(([format, count]) => [format, figure(count)])]);
  }
  if (quarantine.length === 0) return;
  screen.line();
  screen.line(paint.warning('Quarantined, byte for byte, on the topic mailbox.quarantine:'));
  for (const { path, entry, reason } of quarantine.slice(0, rows)) {
    const place = entry === undefined ? path : `${path}, entry ${entry}`;
    screen.line(`  ${harmless(place.replaceAll(sep, '/'), 60)}  ${paint.quiet(harmless(reason, 80))}`);
  }
  more(quarantine.length, 'entry', screen, 'entries');
}

/** Only what there is: "3 pending, 1 quarantined". */
function listed(parts: readonly (readonly [number, string])[]): string {
  const present = parts.filter(([count]) => count > 0);
  return present.map(([count, what]) => `${figure(count)} ${what}`).join(', ');
}

function more(count: number, one: string, screen: Screen, many?: string): void {
  if (count > rows)
    screen.line(screen.paint.quiet(`… and ${countOf(count - rows, `more ${one}`, `more ${many ?? `${one}s`}`)}`));
}
