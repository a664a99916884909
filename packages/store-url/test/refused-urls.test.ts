import { readdirSync } from 'node:fs';
import { BusError } from '@agentbus/core';
import { temporaryDirectory } from '@agentbus/testkit';
import { describe, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';

async function refusal(url: string): Promise<BusError> {
  await using directory = await temporaryDirectory();
  const outcome = await openStore(url, { baseDirectory: directory.path }).catch((error: unknown) => error);
  expect(readdirSync(directory.path), 'a refused URL leaves nothing behind').toEqual([]);
  if (outcome instanceof BusError) return outcome;
  throw new Error(`"${url}" was not refused by a BusError but ended in ${String(outcome)}`);
}

describe('openStore refuses', () => {
  test.for([
    ['bus.db', 'write "sqlite:bus.db"'],
    ['./data/bus.db', 'write "sqlite:./data/bus.db"'],
    ['/var/lib/bus.db', 'write "sqlite:/var/lib/bus.db"'],
    ['C:\\data\\bus.db', 'write "sqlite:C:\\data\\bus.db"'],
    ['', 'no scheme'],
    ['sqlite:', 'path of the file is missing'],
    ['sqlite:?durability=full', 'path of the file is missing'],
    ['sqlite::memory:', 'written "memory:"'],
    ['sqlite://bus.db', '"sqlite:bus.db" for a path under this directory or "sqlite:/bus.db"'],
    ['sqlite:~/bus.db', '$HOME'],
    ['sqlite:./data/', 'names a directory. Write "sqlite:./data/bus.db"'],
    ['sqlite:50%.db', 'Write "%25"'],
    ['memory:name', 'Write "memory:"'],
    ['memory:?durability=full', 'Write "memory:"'],
  ] as const)('%j, and says what to write', async ([url, remedy]) => {
    const error = await refusal(url);
    expect(error.code).toBe('invalid_option');
    expect(error.message).toContain(remedy);
    expect(error.message).toContain(JSON.stringify(url));
  });

  test.for([
    ['sqllite:./bus.db', 'Did you mean "sqlite:./bus.db"?'],
    ['sqlite3:bus.db', 'Did you mean "sqlite:bus.db"?'],
    ['file:/srv/bus.db', 'Did you mean "sqlite:/srv/bus.db"?'],
    ['memry:', 'Did you mean "memory:"?'],
  ] as const)('the scheme of %j with a guess and the list', async ([url, guess]) => {
    const error = await refusal(url);
    expect(error.code).toBe('invalid_option');
    expect(error.message).toContain(guess);
    expect(error.message).toContain('sqlite:./bus.db (one file, any number of processes), memory: (this process)');
  });

  test('an unlike scheme without guessing, and repeats no password', async () => {
    const error = await refusal('postgres://ann:secret@db/bus');
    expect(error.message).toContain('the scheme "postgres" is unknown. Supported');
    expect(error.message).not.toContain('secret');
  });

  test('nats: as not there yet, saying what is', async () => {
    const error = await refusal('nats://ann:secret@localhost:4222/agents');
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('sqlite:./bus.db');
    expect(error.message).not.toContain('secret');
  });

  test.for([
    ['sqlite:bus.db?durabilty=relaxed', 'Did you mean "durability"? There is durability=full or durability=relaxed'],
    ['sqlite:bus.db?mode=ro', 'no option "mode". There is durability=full'],
    ['sqlite:bus.db?durability=none', 'durability "none" is unknown'],
    ['sqlite:bus.db?durability=full&durability=relaxed', 'more than once'],
  ] as const)('the options of %j instead of ignoring them', async ([url, remedy]) => {
    const error = await refusal(url);
    expect(error.code).toBe('invalid_option');
    expect(error.message).toContain(remedy);
  });
});
