import type { JsonValue } from '@agentbus/core';

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?\s*(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?$/i;
const compact = /(\d{4})(\d\d)(\d\d)[T_-]?(\d\d)(\d\d)(\d\d)?(?:[_.](\d{1,6}))?(?=Z|$|[^0-9])/;
const mail = /^(?:[A-Za-z]{3},\s*)?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UTC|Z)$/;

/**
 * Milliseconds since the epoch of a time as letters write it: ISO 8601 with any number of fractional digits, with or
 * without an offset, date only, the compact `YYYYMMDD_HHMMSS` and `YYYYMMDDTHHMMSSZ`, RFC 5322, or epoch seconds or
 * milliseconds as a number or digits. A time without an offset is read in `timezone` (an IANA zone).
 *
 * Undefined for placeholders (`{{now}}`, `[AUTO_TIMESTAMP]`) and anything else that is no time.
 */
export function parseTime(raw: JsonValue, timezone: string): number | undefined {
  if (typeof raw === 'number') return epoch(raw);
  if (typeof raw !== 'string' || raw.length > 64) return undefined;
  const text = raw.trim();
  if (/^\d{9,13}(?:\.\d+)?$/.test(text)) return epoch(Number(text));
  if (mail.test(text)) return sane(Date.parse(text));
  const found = iso.exec(text);
  if (found !== null) return fromParts(found.slice(1, 8), found[8], timezone);
  return wholeCompact(text, timezone);
}

/** The time in a file name such as `note_20250502_201000_123456_ab12.json`; undefined when there is none. */
export function timeInName(name: string, timezone: string): number | undefined {
  const found = compact.exec(name);
  if (found === null) return undefined;
  const zulu = name[found.index + found[0].length] === 'Z' || found[0].includes('T') ? 'Z' : undefined;
  return fromParts(found.slice(1, 8), zulu, timezone);
}

function wholeCompact(text: string, timezone: string): number | undefined {
  return /^\d{8}[T_-]\d{4,6}(?:[_.]\d{1,6})?Z?$/.test(text) ? timeInName(text, timezone) : undefined;
}

function epoch(value: number): number | undefined {
  if (value >= 1e8 && value < 1e11) return sane(Math.floor(value * 1000));
  return value >= 1e11 && value < 1e14 ? sane(Math.floor(value)) : undefined;
}

/** Between 1971 and 2200: anything else is a slip of a writer, not a time. */
function sane(value: number): number | undefined {
  return value >= 31_536_000_000 && value < 7_258_118_400_000 ? value : undefined;
}

function fromParts(
  parts: readonly (string | undefined)[],
  zone: string | undefined,
  timezone: string,
): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0));
  const milliseconds = Number((parts[6] ?? '').padEnd(3, '0').slice(0, 3));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const check = new Date(local);
  // Date.UTC rolls over what does not exist, such as 30 February or 25 o'clock.
  if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day || check.getUTCHours() !== hour) return undefined;
  if (check.getUTCMinutes() !== minute) return undefined;
  return sane(local - (zone === undefined ? zoneOffset(local, timezone) : fixedOffset(zone)));
}

function fixedOffset(zone: string): number {
  const found = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (found === null) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return (found[1] === '-' ? -minutes : minutes) * 60_000;
}

/** How far the zone is ahead of UTC at a local time. Asked twice, because the first answer is for the wrong instant. */
function zoneOffset(local: number, timezone: string): number {
  if (timezone === 'UTC') return 0;
  const first = offsetAt(local, timezone);
  return offsetAt(local - first, timezone);
}

function offsetAt(instant: number, timezone: string): number {
  const parts = new Map(
    formatter(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(instant / 1000) * 1000;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatters.set(timezone, made);
  return made;
}
