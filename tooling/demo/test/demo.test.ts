import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { spawnTypeScript, temporaryDirectory, until } from '@agentbus/testkit';
import { describe, expect, test } from 'vitest';
import { fingerprint, writeMailboxes } from './mailbox-tree.ts';

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly complaint: string;
}

/** Starts what `npm start` runs, with `temporary` as the place for everything temporary. */
function startDemo(
  words: string[],
  temporary: string,
): { signal(name: NodeJS.Signals): void; said(): string; end: Promise<Run> } {
  const child = spawnTypeScript(new URL('../src/main.ts', import.meta.url), words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The demo was started without pipes.');
  let output = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return {
    signal: (name) => child.kill(name),
    said: () => output,
    end: Promise.all([closed, text(stderr)]).then(([code, complaint]) => ({ code, complaint, output })),
  };
}

/** The part of the output under a heading. */
function part(output: string, heading: string): string {
  const [, ...found] = output.split(heading);
  return found.join(heading).split(/\n\d {2}/)[0] ?? '';
}

/** The cells of the row that begins with `first`. */
function row(output: string, first: string): string[] | undefined {
  const rows = output.split('\n').map((line) => line.trim().split(/ {3,}/));
  return rows.find(([cell]) => cell === first)?.slice(1);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('npm start -- DIR', () => {
  test('imports the mailboxes, works the letters, balances the books and leaves no trace', async () => {
    await using mailboxes = await temporaryDirectory();
    await using temporary = await temporaryDirectory();
    await writeMailboxes(mailboxes.path);
    const before = await fingerprint(mailboxes.path);
    const { code, output, complaint } = await startDemo([mailboxes.path], temporary.path).end;
    expect({ code, complaint }).toEqual({ code: 0, complaint: '' });

    const findings = part(output, 'What was found');
    expect(findings).toContain('13 files: 11 with letters, 1 unreadable, 1 no mail');
    expect(findings).toMatch(/11 letters put on the bus in \d+ ms: 10 pending, 1 processed before/);
    expect(findings).toContain('1 recovered from damaged text, 1 quarantined');
    expect(findings).toContain('coder/inbox/hopeless.json');
    expect(row(findings, 'planner')).toEqual(['5', '1']);
    expect(row(findings, 'Agent 4 (Captain)')).toEqual(['1', '0']);
    expect(findings).toContain('independent reading found every entry on the bus');

    const timeline = part(output, 'What the agents did');
    expect(timeline.match(/planner +↻ .*attempt [12] of 3 failed: rate limited/g)).toHaveLength(2);
    expect(timeline.match(/planner +✓ .*attempt 3 of 3 succeeded/g)).toHaveLength(1);
    expect(timeline.match(/coder +↻ /g)).toHaveLength(2);
    expect(timeline.match(/coder +✗ .*attempt 3 of 3 failed.*now a dead letter/g)).toHaveLength(1);

    const books = part(output, 'What it comes to');
    expect(row(books, 'planner')).toEqual(['5', '25', '30', '2', '0', '0']);
    expect(row(books, 'coder')).toEqual(['4', '25', '28', '2', '1', '0']);
    expect(books).toContain('1 delivery still owed to 1 other subscription');
    expect(books.match(/attempt \d {2}/g)).toHaveLength(3);
    expect(books).toContain('The books balance');
    expect(part(output, 'What to try next')).toContain(`npm run mailbox-import -- scan ${mailboxes.path}`);

    expect(await fingerprint(mailboxes.path)).toBe(before);
    expect(await readdir(temporary.path)).toEqual([]);
    expect([...output].filter((character) => character < ' ' && character !== '\n')).toEqual([]);
  });

  test('says so when there are no letters', async () => {
    await using mailboxes = await temporaryDirectory();
    await using temporary = await temporaryDirectory();
    const { code, output } = await startDemo([mailboxes.path], temporary.path).end;
    expect(code).toBe(0);
    expect(output).toContain('No agent has a mailbox here');
    expect(await readdir(temporary.path)).toEqual([]);
  });

  test('shows a retry and a dead letter with one agent and two letters too', async () => {
    await using mailboxes = await temporaryDirectory();
    await using temporary = await temporaryDirectory();
    await mkdir(mailboxes.join('planner', 'inbox'), { recursive: true });
    for (const [name, body] of Object.entries({ one: 'first', two: 'second' })) {
      await writeFile(mailboxes.join('planner', 'inbox', `${name}.json`), JSON.stringify({ sender: 'manager', body }));
    }
    const { code, output } = await startDemo([mailboxes.path], temporary.path).end;
    expect(code).toBe(0);
    expect(row(part(output, 'What it comes to'), 'planner')).toEqual(['2', '25', '26', '4', '1', '0']);
  });

  test.for([
    ['SIGINT', 'What was found', 130],
    ['SIGTERM', 'starts as process', 143],
  ] as const)('puts everything away on %s at "%s"', async ([name, moment, expected]) => {
    await using mailboxes = await temporaryDirectory();
    await using temporary = await temporaryDirectory();
    await writeMailboxes(mailboxes.path);
    const demo = startDemo([mailboxes.path], temporary.path);
    await until(() => demo.said().includes(moment), `the demo says "${moment}"`);
    demo.signal(name);
    const { code, output, complaint } = await demo.end;
    expect(code).toBe(expected);
    expect(complaint).toContain(`Interrupted by ${name}`);
    const agents = [...output.matchAll(/starts as process (\d+)/g)].map(([, pid]) => Number(pid));
    expect(agents.filter(isAlive)).toEqual([]);
    expect(await readdir(temporary.path)).toEqual([]);
  });

  test('refuses what is no directory, with exit code 2 and the remedy', async () => {
    await using temporary = await temporaryDirectory();
    const file = temporary.join('file');
    await writeFile(file, '');
    for (const [words, remedy] of [
      [[temporary.join('nowhere')], 'There is no directory'],
      [[file], 'is a file'],
      [['a', 'b'], 'One directory at a time'],
      [['--verbose'], 'no option "--verbose"'],
    ] as const) {
      const { code, output, complaint } = await startDemo([...words], temporary.path).end;
      expect({ code, output }).toEqual({ code: 2, output: '' });
      expect(complaint).toContain(remedy);
      expect(complaint).toContain('npm start -- DIR');
    }
  });
});

describe('npm start', () => {
  test('shows all of it on the bundled samples', async () => {
    await using temporary = await temporaryDirectory();
    const { code, output, complaint } = await startDemo([], temporary.path).end;
    expect({ code, complaint }).toEqual({ code: 0, complaint: '' });
    expect(part(output, 'What was found')).toMatch(/\d+ recovered from damaged text.*\d+ quarantined/);
    expect(part(output, 'What the agents did')).toMatch(/attempt 3 of 3 succeeded/);
    expect(part(output, 'What it comes to')).toMatch(/✗ Dead letter of .*\n.*reason/);
    expect(output).toContain('The books balance');
    expect(await readdir(temporary.path)).toEqual([]);
  });
});
