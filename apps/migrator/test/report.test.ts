import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { ImportSummary } from '../src/index.ts';
import { likelyAliases } from '../src/likely-aliases.ts';
import { paintFor } from '../src/report/paint.ts';
import { summaryReport } from '../src/report/summary-report.ts';
import { table } from '../src/report/table.ts';
import { verifyReport } from '../src/report/verify-report.ts';
import { shellWord, visible } from '../src/report/visible.ts';

const plain = paintFor({ isTTY: false }, {});

const summary: ImportSummary = {
  root: '/srv/mail',
  store: 'sqlite:/srv/bus.db',
  files: { total: 9, messages: 4, ignored: 3, quarantined: 1, duplicates: 1 },
  entries: { total: 8, imported: 5, duplicates: 1, quarantined: 2 },
  states: { pending: 3, acked: 2 },
  formats: { 'dreamos-directory': 6, 'dreamos-markdown': 2 },
  mailboxes: {
    'Agent-3': { pending: 2, acked: 1 },
    Agent3: { pending: 1, acked: 0 },
    broadcast: { pending: 0, acked: 1 },
  },
  recovered: 1,
  quarantine: [
    { path: 'a/\x1b[2Jevil\nname.json', entry: 1, reason: 'it ends early' },
    { path: 'b.json', reason: 'permission denied' },
  ],
  ignoredFiles: [
    { path: 'README.md', reason: 'README' },
    { path: 'a/x.lock', reason: 'lock' },
    { path: 'b/y.lock', reason: 'lock' },
  ],
  elapsedMs: 1234,
};

describe('the report of an import', () => {
  it('shows agents, counts, reasons, likely aliases, and what to do next', () => {
    expect(summaryReport(summary, 'import', 'mailbox-import verify /srv/mail', plain)).toMatchInlineSnapshot(`
      "Imported /srv/mail into sqlite:/srv/bus.db

        agent       pending   processed
        Agent-3           2           1
        Agent3            1           0
        broadcast         0           1
        in all            3           2

        files       9: 4 with messages, 1 with duplicates only, 3 ignored, 1 quarantined
        entries     8: 5 imported, 1 duplicates, 2 quarantined
        formats     dreamos-directory 6, dreamos-markdown 2
        recovered   1 file whose text was damaged
        took        1.2 s

      Quarantined: 2 entries, kept byte for byte on topic mailbox.quarantine
        a/\\x1b[2Jevil\\nname.json #1   it ends early
        b.json                        permission denied

      Ignored: no messages by nature
        2   lock     x.lock, y.lock
        1   README   README.md

      Perhaps one agent under several names (merge with --alias OTHER=NAME)
        Agent-3, Agent3

      Next
        mailbox-import verify /srv/mail
      "
    `);
  });

  it('shows what comes from a mailbox without obeying it', () => {
    const text = summaryReport(summary, 'scan', undefined, plain);
    expect(text).toContain('a/\\x1b[2Jevil\\nname.json #1');
    expect(text).not.toContain('\x1b');
  });

  it('lists at most twenty quarantined entries and says how many more there are', () => {
    const quarantine = Array.from({ length: 30 }, (_, entry) => ({ path: 'a.json', entry, reason: 'it ends early' }));
    const text = summaryReport({ ...summary, quarantine }, 'scan', undefined, plain);
    expect(text.match(/it ends early/g)).toHaveLength(20);
    expect(text).toContain('… and 10 more');
  });
});

describe('the report of verify', () => {
  const report = {
    root: '/srv/mail',
    store: 'sqlite:/srv/bus.db',
    files: { total: 2, read: 1, ignored: 1 },
    entries: { total: 2, verified: 1, quarantined: 0, missing: 1, altered: 0 },
    problems: [{ path: 'a\nb.json', entry: 1, problem: 'it is not on the bus' }],
    elapsedMs: 10,
  };

  it('lists what could not be proved and names the command that adds what is missing', () => {
    const text = verifyReport(report, 'mailbox-import import /srv/mail', plain);
    expect(text).toContain('Not everything is proved: 1 problem.');
    expect(text).toContain('a\\nb.json #1   it is not on the bus');
    expect(text).toContain('mailbox-import import /srv/mail');
  });

  it('names no command where an import would not help', () => {
    const entries = { ...report.entries, missing: 0, altered: 1 };
    expect(verifyReport({ ...report, entries }, 'mailbox-import import /srv/mail', plain)).not.toContain('import /srv');
    expect(verifyReport({ ...report, problems: [] }, 'mailbox-import import', plain)).toContain('Everything is proved');
  });
});

describe('words and colours', () => {
  it.each([
    'plain',
    'two words',
    "it's",
    '$HOME `x` "y"',
    'line\nbreak\t\x1b[31m',
    'back\\slash',
    'Größe ✅',
    '\u202Eleft',
  ])('quotes %j so that a shell reads it back', (text) => {
    const word = shellWord(text);
    expect(word).toBe(visible(word));
    expect(execFileSync('bash', ['--norc', '-c', `printf %s ${word}`], { env: { LC_ALL: 'C.UTF-8' } }).toString()).toBe(
      text,
    );
  });

  it('paints only for a terminal, and not for one whose owner wants none', () => {
    expect(paintFor({ isTTY: true }, {}).heading('x')).toBe('\x1b[1mx\x1b[22m');
    expect(paintFor({ isTTY: true }, { NO_COLOR: '1' }).heading('x')).toBe('x');
    expect(paintFor({ isTTY: true }, { TERM: 'dumb' }).heading('x')).toBe('x');
    expect(paintFor({}, {}).heading('x')).toBe('x');
  });

  it('aligns columns by what a terminal shows', () => {
    expect(
      table([
        ['name', 'n'],
        ['日本', 5],
        ['e\u0301', 12],
      ]),
    ).toEqual(['  name    n', '  日本    5', '  e\u0301      12']);
  });
});

it('takes spellings of one name for likely aliases, and different numbers for different agents', () => {
  const names = [
    'Agent-3',
    'Agent3',
    'agent-Agent-3',
    'Agent-03',
    'Agent-3 (Captain)',
    'Agent-13',
    'planner',
    'Planner',
    'Captain',
  ];
  expect(likelyAliases(names)).toEqual([
    ['Agent-3', 'Agent3', 'agent-Agent-3', 'Agent-03', 'Agent-3 (Captain)'],
    ['planner', 'Planner'],
  ]);
});
