import { describe, expect, it } from 'vitest';
import { parseTime, timeInName } from '../../src/formats/letter-time.ts';
import { letterIn, modifiedAt } from './reading.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);

describe('a time in a field', () => {
  it.each([
    ['2025-05-02T19:42:14Z', '2025-05-02T19:42:14'],
    ['2025-05-02T19:42:14.1696851-05:00', '2025-05-03T00:42:14.169'],
    ['2025-05-02T22:50:11.921300Z', '2025-05-02T22:50:11.921'],
    ['2025-04-23T21:15:15.074454+00:00', '2025-04-23T21:15:15.074'],
    ['2025-04-23T21:15:15+0530', '2025-04-23T15:45:15'],
    ['2025-05-02T22:03Z', '2025-05-02T22:03'],
    ['2025-05-02T22:03', '2025-05-02T22:03'],
    ['2025-09-09 09:24:54.703383', '2025-09-09T09:24:54.703'],
    ['2025-09-09 09:24:54 UTC', '2025-09-09T09:24:54'],
    ['2025-09-09', '2025-09-09T00:00'],
    ['20250502_201000', '2025-05-02T20:10'],
    ['20250502_201000_123456', '2025-05-02T20:10:00.123'],
    ['20250502T2010Z', '2025-05-02T20:10'],
    ['Fri, 02 May 2025 19:42:14 +0200', '2025-05-02T17:42:14'],
    ['1755609421', '2025-08-19T13:17:01'],
    [1755609421, '2025-08-19T13:17:01'],
    [1755609421.6028223, '2025-08-19T13:17:01.602'],
    [1755609421602, '2025-08-19T13:17:01.602'],
    [' 2025-09-09T01:02:03Z ', '2025-09-09T01:02:03'],
  ])('%s is %s in UTC', (raw, expected) => {
    expect(parseTime(raw, 'UTC')).toBe(utc(expected));
  });

  it.each([
    '{{iso_timestamp_utc()}}',
    '[AUTO_TIMESTAMP]',
    '$(date --iso-8601=seconds)',
    'D:\\harbour\\clock',
    'tomorrow',
    '2025-02-30T10:00:00Z',
    '2025-13-01',
    '2025-05-02T25:00:00Z',
    '20250502',
    '',
    7,
    -1755609421,
    Number.POSITIVE_INFINITY,
    null,
    true,
    ['2025-05-02'],
  ])('%j is no time', (raw) => {
    expect(parseTime(raw, 'UTC')).toBeUndefined();
  });

  it("is read in the operator's zone when it has no offset, in summer and in winter", () => {
    expect(parseTime('2025-07-01T12:00:00', 'Europe/Berlin')).toBe(utc('2025-07-01T10:00'));
    expect(parseTime('2025-01-01T12:00:00', 'Europe/Berlin')).toBe(utc('2025-01-01T11:00'));
    expect(parseTime('2025-07-01T12:00:00Z', 'Europe/Berlin')).toBe(utc('2025-07-01T12:00'));
    expect(parseTime('2025-03-30T01:30:00', 'Europe/Berlin')).toBe(utc('2025-03-30T00:30'));
    expect(parseTime('2025-03-30T03:30:00', 'Europe/Berlin')).toBe(utc('2025-03-30T01:30'));
  });
});

describe("a letter's time", () => {
  it('comes from the first field that holds one, and the header says so', () => {
    const letter = letterIn('harbour/inbox/20240101_000000_note.json', {
      timestamp: '{{now}}',
      created_at: '2025-05-02T19:42:14Z',
      body: 'x',
    });
    expect(letter.publishedAt).toBe(utc('2025-05-02T19:42:14'));
    expect(letter.headers['mailbox-clock']).toBe('field');
    expect(letter.payload.extra).toEqual({ timestamp: '{{now}}', created_at: '2025-05-02T19:42:14Z' });
  });

  it('is UTC where the field says so, whatever the zone', () => {
    const body = { timestamp_utc: '2025-07-01T12:00:00', body: 'x' };
    expect(letterIn('harbour/inbox/a.json', body, { timezone: 'Asia/Tokyo' }).publishedAt).toBe(
      utc('2025-07-01T12:00'),
    );
    const local = { timestamp: '2025-07-01T12:00:00', body: 'x' };
    expect(letterIn('harbour/inbox/a.json', local, { timezone: 'Asia/Tokyo' }).publishedAt).toBe(
      utc('2025-07-01T03:00'),
    );
  });

  it('else comes from the name', () => {
    const name = 'harbour/inbox/order_20250502_201000_123456_1a2b3c4d.json';
    const letter = letterIn(name, { body: 'x', timestamp: '[AUTO_TIMESTAMP]' });
    expect(letter.publishedAt).toBe(utc('2025-05-02T20:10:00.123'));
    expect(letter.headers['mailbox-clock']).toBe('name');
    expect(timeInName('ACK_20250502T2010Z.json', 'Asia/Tokyo')).toBe(utc('2025-05-02T20:10'));
    expect(timeInName('report_12345678901234.json', 'UTC')).toBeUndefined();
  });

  it('else is when the file was changed', () => {
    const letter = letterIn('harbour/inbox/a.json', { body: 'x' });
    expect(letter.publishedAt).toBe(modifiedAt);
    expect(letter.headers['mailbox-clock']).toBe('mtime');
  });
});
