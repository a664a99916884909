import { describe, expect, it } from 'vitest';
import { letterIn, lettersIn, quarantinedIn, readAs } from './reading.ts';

const inbox = 'harbour/inbox/note.json';

/** What was recovered, and how. */
function recovered(content: unknown): { body: unknown; extra: unknown; how: string | undefined } {
  const letter = letterIn(inbox, content);
  return { body: letter.payload.body, extra: letter.payload.extra, how: letter.headers['mailbox-recovered'] };
}

describe('JSON that does not parse is recovered', () => {
  it('takes extra braces off an object', () => {
    const text = '{{\n{\n  "from": "pilot",\n  "body": "the tug is late"\n}\n}}\n';
    expect(recovered(text)).toMatchObject({ body: 'the tug is late', how: 'extra braces' });
  });

  it('takes doubled braces off an object', () => {
    expect(recovered('{{"from": "pilot", "body": {{"berth": 4}}}}')).toMatchObject({
      body: { berth: 4 },
      how: 'extra braces',
    });
  });

  it('keeps comments beside the letter', () => {
    const text = `{
      "from": "pilot", // the new one
      /* second watch */
      "body": "see http://quay.example // not a comment"
    }`;
    expect(recovered(text)).toEqual({
      body: 'see http://quay.example // not a comment',
      extra: { from: 'pilot', 'mailbox-comments': ['// the new one', '/* second watch */'] },
      how: 'comments',
    });
  });

  it('reads a list in which a comment stands for the rest', () => {
    const [first, ...others] = lettersIn('harbour/inbox.json', '[\n {"from": "pilot", "body": "one"}\n // ... more\n]');
    expect(first?.payload.body).toBe('one');
    expect(others).toEqual([]);
  });

  it('forgives trailing, extra and missing commas', () => {
    expect(recovered('{"from": "pilot", "body": [1, 2,], }').how).toBe('trailing commas');
    expect(recovered('{"from": "pilot",, "body": "x"}').how).toBe('extra commas');
    expect(recovered('{"from": "pilot"\n "body": "x"}')).toMatchObject({ body: 'x', how: 'missing commas' });
  });

  it('keeps raw line breaks and control characters of a text', () => {
    expect(recovered('{"from": "pilot", "body": "one\ntwo\r\r\nthree\tfour\u0001"}')).toMatchObject({
      body: 'one\ntwo\r\r\nthree\tfour\u0001',
      how: 'control characters in a text',
    });
  });

  it('keeps the backslashes of Windows paths, and the line breaks that were meant', () => {
    const letter = letterIn(inbox, String.raw`{"from": "pilot", "body": "open C:\Users\new\tide.txt\n now"}`);
    expect(letter.payload.body).toBe(String.raw`open C:\Users\new\tide.txt\n now`);
    const clean = letterIn(inbox, String.raw`{"from": "pilot", "body": "see D:\charts and\nthen sail"}`);
    expect(clean.payload.body).toBe(`see D:\\charts and\nthen sail`);
    expect(clean.headers['mailbox-recovered']).toBe('unescaped backslashes');
  });

  it('keeps the raw bytes where a repair had to guess', () => {
    const text = String.raw`{"from": "pilot", "body": "C:\Users\pilot"}`;
    expect(recovered(text).extra).toMatchObject({ 'mailbox-raw-base64': Buffer.from(text).toString('base64') });
  });

  it('takes an escaped apostrophe for an apostrophe', () => {
    expect(recovered(String.raw`{"from": "pilot", "body": "the tide\'s in"}`).body).toBe("the tide's in");
  });

  it('reads quotes that were not escaped', () => {
    expect(recovered('{"from": "pilot", "body": "he said "cast off" twice", "n": 1}')).toMatchObject({
      body: 'he said "cast off" twice',
      extra: { n: 1 },
      how: 'unescaped quotes',
    });
  });

  it("reads Python's spelling", () => {
    expect(recovered("{'from': 'pilot', 'body': {'ok': True, 'no': False, 'why': None}}")).toMatchObject({
      body: { ok: true, no: false, why: null },
      how: 'single quotes, Python words',
    });
    expect(recovered('{"from": "pilot", "body": {"depth": NaN, "far": -Infinity}}').body).toEqual({
      depth: 'NaN',
      far: '-Infinity',
    });
  });

  it('reads keys and placeholders without quotes', () => {
    expect(recovered('{from: "pilot", id: {{ uuid() }}, body: "x"}')).toMatchObject({
      extra: { from: 'pilot', id: '{{ uuid() }}' },
      how: 'keys without quotes, placeholder without quotes',
    });
  });

  it('closes brackets that are missing at the end', () => {
    expect(recovered('{"from": "pilot", "body": {"berths": [1, 2')).toMatchObject({
      body: { berths: [1, 2] },
      how: 'missing brackets',
    });
    expect(recovered('{"from": "pilot", "body": {"berths": [1, 2}}').body).toEqual({ berths: [1, 2] });
  });

  it('takes off a byte order mark, and reads odd white space', () => {
    expect(recovered('\uFEFF{"from": "pilot", "body": "x"}').how).toBe('byte order mark');
    expect(recovered('{\u00A0"from": "pilot", "body": "x"}').how).toBe('odd white space');
  });

  it('reads UTF-16 as PowerShell writes it', () => {
    const utf16 = Buffer.from('\uFEFF[{"from": "pilot", "body": "Größe ⚓"}, {"from": "tug", "body": "x"}]', 'utf16le');
    const reading = readAs('harbour/inbox.json', utf16);
    expect(reading).toMatchObject({ kind: 'read', recovered: 'UTF-16' });
    const ranges =
      reading.kind === 'read' ? reading.entries.map(({ start, end }) => utf16.toString('utf16le', start, end)) : [];
    expect(ranges).toEqual(['{"from": "pilot", "body": "Größe ⚓"}', '{"from": "tug", "body": "x"}']);
    const bigEndian = Buffer.from(utf16).swap16();
    expect(lettersIn('harbour/inbox.json', bigEndian)[0]?.payload.body).toBe('Größe ⚓');
  });

  it('shows invalid UTF-8 as other readers do, and keeps the bytes', () => {
    const bytes = Buffer.from('{"from": "pilot", "body": "caf\xe9"}', 'latin1');
    expect(recovered(bytes)).toMatchObject({
      body: 'caf\uFFFD',
      extra: { 'mailbox-raw-base64': bytes.toString('base64') },
      how: 'invalid UTF-8',
    });
  });

  it('leaves out NUL bytes at the end', () => {
    expect(recovered('{"from": "pilot", "body": "x"}\0\0\0').how).toBe('NUL bytes at the end');
  });

  it('takes JSON out of fences', () => {
    expect(recovered('```json\n{"from": "pilot", "body": "x"}\n```\n')).toMatchObject({ body: 'x', how: 'fence' });
    expect(recovered('{"from": "pilot", "body": "x"}\n```\n').how).toBe('fence');
  });

  it('takes JSON out of prose and keeps the prose', () => {
    expect(recovered('Here it is:\n{"from": "pilot", "body": "x"}\nRegards')).toMatchObject({
      body: 'x',
      extra: { 'mailbox-prose': ['Here it is:\n', '\nRegards'] },
      how: 'prose',
    });
    expect(recovered('{"from": "pilot", "body": "x"}\nPlease confirm.').how).toBe('prose');
    expect(recovered('Answer: {"from": "pilot", "body": "x"} (sent)').body).toBe('x');
  });

  it('reads prose in a JSON file as a letter in prose', () => {
    const letter = letterIn(inbox, 'The harbour master wants the list by noon.\n');
    expect(letter.payload.body).toBe('The harbour master wants the list by noon.\n');
    expect(letter.headers['mailbox-recovered']).toBe('prose in a JSON file');
  });

  it('reads several values in one file', () => {
    const letters = lettersIn(
      inbox,
      '{"from": "pilot", "body": "a"}{"from": "pilot", "body": "b"}\n{"from": "tug", "body": "c"}',
    );
    expect(letters.map(({ payload }) => payload.body)).toEqual(['a', 'b', 'c']);
    expect(letters[0]?.headers['mailbox-recovered']).toBe('several values');
    const commas = lettersIn(inbox, '{"from": "pilot", "body": "a"},\n{"from": "pilot", "body": "b"}');
    expect(commas).toHaveLength(2);
  });
});

describe('what cannot be recovered is quarantined, and only that', () => {
  it.each([
    ['a text that was cut off', '{"from": "pilot", "body": "half a sent', /ends inside the text/],
    ['an object that was cut off after a comma', '{"from": "pilot", "body": "x",', /ends early/],
    ['an object that was cut off after a colon', '{"from": "pilot", "body":', /ends early/],
    ['a bare word', '{"from": pilot}', /no value at byte 9/],
    ['NUL bytes only', '\0\0\0\0', /NUL/],
    ['a bare number', '42', /bare value/],
    ['brackets only', '{]', /closes nothing/],
  ])('%s', (_what, content, reason) => {
    const reading = readAs('harbour/inbox/note.json', content);
    expect(reading).toMatchObject({ entries: [{ kind: 'quarantined', start: 0, end: content.length, index: 0 }] });
    expect(quarantinedIn(inbox, content)[0]).toMatch(reason);
  });

  it('takes the whole elements of a list that was cut off', () => {
    const text = '[{"from": "pilot", "body": "a"}, {"from": "pilot", "body": "b"}, {"from": "pil';
    const reading = readAs('harbour/inbox.json', text);
    expect(
      reading.kind === 'read' ? reading.entries.map(({ kind, start, end }) => [kind, text.slice(start, end)]) : [],
    ).toEqual([
      ['letter', '{"from": "pilot", "body": "a"}'],
      ['letter', '{"from": "pilot", "body": "b"}'],
      ['quarantined', '{"from": "pil'],
    ]);
  });

  it('goes on behind an element in the middle that cannot be read', () => {
    const text = '[{"body": "a", "from": "x"}, {"body": oops, "n": [1, "]"]}, {"body": "c", "from": "x"}]';
    const reading = readAs('harbour/inbox.json', text);
    expect(reading.kind === 'read' ? reading.entries.map(({ kind }) => kind) : []).toEqual([
      'letter',
      'quarantined',
      'letter',
    ]);
    expect(reading).toMatchObject({ entries: [{}, { start: 29, end: 58 }, {}] });
  });

  it('takes the whole messages of a shared mailbox that was cut off', () => {
    const text =
      '{"status": "idle", "assigned_agent_id": "pilot", "messages": [{"message_id": "1", "body": "a"}, {"mess';
    const reading = readAs('shared_mailboxes/mailbox_4.json', text);
    expect(reading).toMatchObject({
      format: 'dreamos-shared-mailbox',
      entries: [{ kind: 'letter' }, { kind: 'quarantined' }],
    });
  });

  it('keeps the tail of an older, longer write apart from the letters', () => {
    const text = '[{"from": "pilot", "body": "new"}]rom": "tug", "body": "old"}]\n';
    const reading = readAs('harbour/inbox.json', text);
    expect(reading).toMatchObject({
      entries: [{ kind: 'letter' }, { kind: 'quarantined', start: 34, end: text.length }],
    });
    const wholeOld = '[{"from": "pilot", "body": "new"}] , {"from": "tug", "body": "removed long ago"}]';
    expect(lettersIn('harbour/inbox.json', wholeOld).map(({ payload }) => payload.body)).toEqual(['new']);
  });

  it('drops a tail of nothing but brackets', () => {
    expect(recovered('{"from": "pilot", "body": "x"}\n}]').how).toBe('leftover brackets');
  });

  it('loses only the bad line of JSONL', () => {
    const text = '{"from": "a", "body": "1"}\n{"from": "a", "bo\n{"from": "a", "body": "3"}\n';
    const reading = readAs('harbour/inbox/log-of-mail.jsonl', text);
    expect(reading).toMatchObject({
      entries: [{ kind: 'letter' }, { kind: 'quarantined', start: 27, end: 44 }, { kind: 'letter' }],
    });
  });

  it('quarantines what is no message in a list', () => {
    expect(quarantinedIn('harbour/inbox.json', '[{"from": "a", "body": "x"}, 7, {}, null, [1]]')).toEqual([
      'a bare value is no message',
      'an empty object is no message',
      'an empty value is no message',
      'a list inside a list is no message',
    ]);
  });
});

describe('JSON that parses is kept as it is', () => {
  it('keeps keys that could pollute prototypes as data', () => {
    const letter = letterIn(
      inbox,
      '{"from": "a", "__proto__": {"polluted": true}, "body": {"constructor": 1, "__proto__": 2}}',
    );
    expect(Object.keys(letter.payload.extra ?? {})).toContain('__proto__');
    expect(JSON.stringify(letter.payload)).toContain('"__proto__":{"polluted":true}');
    expect(JSON.stringify(letter.payload.body)).toBe('{"constructor":1,"__proto__":2}');
    expect(Object.getPrototypeOf(letter.payload.extra)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  it('notes numbers beyond double precision as they were written', () => {
    const letter = letterIn(
      inbox,
      '{"from": "a", "big": 12345678901234567890, "body": {"x": [0.1000000000000000055, 1.50, 1e2]}, "far": 1e999}',
    );
    expect(letter.payload.extra).toMatchObject({
      big: 12345678901234567000,
      far: '1e999',
      'mailbox-exact-numbers': {
        '/big': '12345678901234567890',
        '/body/x/0': '0.1000000000000000055',
        '/far': '1e999',
      },
    });
    expect(letter.headers['mailbox-recovered']).toBeUndefined();
  });

  it('tells letters apart that differ beyond double precision', () => {
    const one = letterIn(inbox, '{"from": "a", "body": 9007199254740993}');
    const other = letterIn(inbox, '{"from": "a", "body": 9007199254740992}');
    expect(one.id).not.toBe(other.id);
  });

  it('keeps every value of a key that is named twice', () => {
    const letter = letterIn(
      inbox,
      '{"from": "a", "body": "last", "body": "really last", "x": {"k/1": 1, "k/1": 2, "k/1": 3}}',
    );
    expect(letter.payload.body).toBe('really last');
    expect(letter.payload.extra).toMatchObject({
      x: { 'k/1': 3 },
      'mailbox-duplicate-keys': { '/body': ['last'], '/x/k~11': [1, 2] },
    });
  });

  it('keeps lone surrogates', () => {
    expect(letterIn(inbox, String.raw`{"from": "a", "body": "\ud83d!"}`).payload.body).toBe('\ud83d!');
  });
});
