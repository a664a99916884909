import { describe, expect, it } from 'vitest';
import { letterIn, lettersIn, readAs } from './reading.ts';

const rule = '='.repeat(50);

describe('a letter in markdown', () => {
  it.each([
    ['**From**: pilot\n**To**: tug\n**Priority**: urgent\n**Message ID**: m-1\n**Timestamp**: 2026-01-05T08:00:00\n'],
    ['**From:** pilot\n**To:** tug\n**Priority:** urgent\n**Message ID:** m-1\n**Timestamp:** 2026-01-05T08:00:00\n'],
    ['From: pilot\nTo: tug\nPriority: urgent\nMessage ID: m-1\nTimestamp: 2026-01-05T08:00:00\n'],
    [
      '- **From**: pilot\n- **To**: tug\n- **Priority**: urgent\n- **Message ID**: m-1\n- **Timestamp**: 2026-01-05T08:00:00\n',
    ],
    ['FROM: pilot\n\nTO: tug\n\nPRIORITY: urgent\n\nMESSAGE ID: m-1\n\nTIMESTAMP: 2026-01-05T08:00:00\n'],
  ])('has a header up to the first rule: %j', (header) => {
    const letter = letterIn(
      'agents/tug/inbox/a.md',
      `# ⚓ Orders\n\n${header}\n---\n\nCast off.\n\n---\n*Sent by signal*\n`,
    );
    expect(letter).toMatchObject({
      source: 'pilot',
      recipient: 'tug',
      priority: 'urgent',
      publishedAt: Date.UTC(2026, 0, 5, 8),
      payload: { subject: '⚓ Orders', body: '\nCast off.\n\n---\n*Sent by signal*\n' },
      headers: { 'mailbox-id': 'm-1', 'mailbox-format': 'dreamos-markdown' },
    });
    expect(Object.values(letter.payload.extra ?? {})).toEqual(['pilot', 'tug', 'urgent', 'm-1', '2026-01-05T08:00:00']);
  });

  it('keeps a quoted second header in its body', () => {
    const quoted = 'You wrote:\n\nFrom: tug\nTo: pilot\n\n---\n\nNo coal.\n';
    const letter = letterIn('tug/inbox/a.md', `From: pilot\nTo: tug\n---\n${quoted}`);
    expect(letter).toMatchObject({ source: 'pilot', payload: { body: quoted } });
    const without = letterIn('tug/inbox/a.md', `From: pilot\nTo: tug\n\nFrom: somebody else\nTo: nobody\n`);
    expect(without).toMatchObject({ source: 'pilot', payload: { body: 'From: somebody else\nTo: nobody\n' } });
  });

  it('ends its header at the first other line when there is no rule', () => {
    const letter = letterIn(
      'tug/inbox/a.md',
      '**From**: pilot\n**To**: tug\n**Tags**: coal, night\n\nCast off.\nNote: slowly.\n',
    );
    expect(letter.payload).toEqual({
      body: 'Cast off.\nNote: slowly.\n',
      extra: { From: 'pilot', To: 'tug', Tags: 'coal, night' },
    });
  });

  it('keeps the whole text as body where header lines stand among prose', () => {
    const text = '🛰️ Hear ye\nall of you\n**FROM:** master\n**TO:** tug\n\n---\nbody\n';
    const letter = letterIn('tug/inbox/a.md', text);
    expect(letter).toMatchObject({ source: 'master', payload: { body: text } });
  });

  it('without any header is all body', () => {
    const text = '# Tide table\n\nNote: the gauge is wrong.\n\n---\n\nDate: unknown\n';
    expect(letterIn('tug/inbox/a.md', text)).toMatchObject({
      source: 'unknown',
      recipient: 'tug',
      payload: { body: text },
    });
  });

  it('may have its header between two rules', () => {
    const letter = letterIn('tug/inbox/a.md', '---\nfrom: pilot\nsubject: Coal\nberth: 4\n---\nCast off.\n');
    expect(letter.payload).toEqual({ subject: 'Coal', body: 'Cast off.\n', extra: { from: 'pilot', berth: '4' } });
  });

  it('keeps its line ends, and is read through any of them', () => {
    const letter = letterIn('tug/inbox/a.md', 'From: pilot\r\nTo: tug\r\n---\r\none\r\ntwo\r\r\nthree');
    expect(letter).toMatchObject({ source: 'pilot', payload: { body: 'one\r\ntwo\r\r\nthree' } });
  });

  it('with a header as long as a page loses nothing', () => {
    const header = Array.from(
      { length: 80 },
      (_, n) => `Field ${String.fromCharCode(97 + (n % 26))}${'x'.repeat(n % 9)}${'y'.repeat(n / 9)}: ${n}`,
    );
    const letter = letterIn('tug/inbox/a.md', ['From: pilot', ...header, '---', 'Cast off.'].join('\n'));
    const everything = JSON.stringify(letter.payload);
    for (let n = 0; n < 80; n++) expect(everything).toContain(String(n));
    expect(everything).toContain('Cast off.');
  });

  it('takes done for done in its header', () => {
    expect(letterIn('tug/inbox/a.md', 'From: pilot\nTo: tug\nStatus: DONE\n---\nx').state).toBe('acked');
    expect(letterIn('tug/inbox/a.md', 'From: pilot\nTo: tug\n---\nStatus: DONE').state).toBe('pending');
  });
});

describe('a text file with many letters', () => {
  it('is divided by lines of fifty equals signs', () => {
    const one = '# ⚓ Orders\n\n**From**: pilot\n**To**: tug\n**Timestamp**: 2026-01-05 08:00:00.5\n\nFirst.\n';
    const two = '\n# ⚓ Orders\n\n**From**: master\n**To**: tug\n**Timestamp**: 2026-01-05 09:00:00\n\nSecond.\n\n';
    const text = `${one}\n${rule}\n${two}${rule}\n\n`;
    const reading = readAs('tug/inbox/tug_inbox.txt', text);
    expect(reading).toMatchObject({ kind: 'read', entries: [{ kind: 'letter' }, { kind: 'letter' }] });
    const letters = lettersIn('tug/inbox/tug_inbox.txt', text);
    expect(letters.map(({ source, publishedAt }) => [source, publishedAt])).toEqual([
      ['pilot', Date.UTC(2026, 0, 5, 8, 0, 0, 500)],
      ['master', Date.UTC(2026, 0, 5, 9)],
    ]);
    expect(letters.map(({ payload }) => payload.body)).toEqual(['First.\n\n', 'Second.\n\n']);
  });

  it('may begin each letter with an arrow and end it with its time', () => {
    const block = (n: number): string =>
      `\n${rule}\n[A2A] pilot → tug\nPriority: HIGH\nTags: coal\n\nLoad ${n}\n\nYou are tug\nTimestamp: 2026-01-05 08:0${n}:00.25\n${rule}\n\n`;
    const letters = lettersIn('tug/inbox/tug_inbox.txt', block(1) + block(2));
    expect(
      letters.map(({ source, priority, publishedAt, payload }) => [source, priority, publishedAt, payload.type]),
    ).toEqual([
      ['pilot', 'high', Date.UTC(2026, 0, 5, 8, 1, 0, 250), 'A2A'],
      ['pilot', 'high', Date.UTC(2026, 0, 5, 8, 2, 0, 250), 'A2A'],
    ]);
    expect(letters[0]?.payload.body).toContain('Load 1\n\nYou are tug\nTimestamp: 2026-01-05 08:01:00.25');
  });

  it('takes a line of equals signs inside a letter for an ornament', () => {
    const text = `From: pilot\nTo: tug\n\nREPORT\n${rule}\nall well\n${rule}\nFrom: master\nTo: tug\n\nthanks\n`;
    const letters = lettersIn('tug/inbox/a.txt', text);
    expect(letters.map(({ payload }) => payload.body)).toEqual([`REPORT\n${rule}\nall well\n`, 'thanks\n']);
    expect(lettersIn('tug/inbox/a.txt', `REPORT\n${rule}\nall well\n`)).toHaveLength(1);
  });

  it('tells equal letters apart', () => {
    const text = `From: pilot\nTo: tug\n\nping\n${rule}\nFrom: pilot\nTo: tug\n\nping\n`;
    expect(new Set(lettersIn('tug/inbox/a.txt', text).map(({ id }) => id)).size).toBe(2);
  });
});

describe('other text', () => {
  it('is a letter inside a mailbox, whatever its ending', () => {
    for (const name of ['a.csv', 'a.yaml', 'a', 'a.py', 'task.error', 'a.html']) {
      expect(letterIn(`tug/inbox/${name}`, 'depth,4\n').payload.body).toBe('depth,4\n');
    }
    expect(letterIn('tug/error/2026.log', 'could not read x').state).toBe('pending');
  });

  it('keeps bytes that are no UTF-8', () => {
    const bytes = Buffer.from(`From: pilot\nTo: tug\n\n${'smoke '.repeat(20)}\xfcber`, 'latin1');
    const letter = letterIn('tug/inbox/a.txt', bytes);
    expect(letter.payload.body).toContain('\uFFFDber');
    expect(letter.payload.extra).toMatchObject({ 'mailbox-raw-base64': bytes.toString('base64') });
    expect(letter.headers['mailbox-recovered']).toBe('invalid UTF-8');
  });

  it('loses nothing but the NUL bytes at its end', () => {
    const letter = letterIn('tug/inbox/a.md', 'Cast off.\0\0\0');
    expect(letter).toMatchObject({
      payload: { body: 'Cast off.' },
      headers: { 'mailbox-recovered': 'NUL bytes at the end' },
    });
  });
});
