import type { ReadOptions } from '@agentbus/mailbox-compat/formats';
import { InvalidArgumentError } from 'commander';

/** Spelling found → agent meant, as given on the command line. */
export type Aliases = ReadonlyMap<string, string>;

/** Adds one `--alias FOUND=MEANT` to those before it. */
export function addAlias(text: string, aliases: Aliases = new Map()): Aliases {
  const at = text.indexOf('=');
  const [found, meant] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || meant === '') throw new InvalidArgumentError('Write FOUND=MEANT, for instance Agent3=Agent-3.');
  const earlier = aliases.get(found);
  if (earlier !== undefined && earlier !== meant) {
    throw new InvalidArgumentError(`"${found}" is already taken as "${earlier}".`);
  }
  return new Map([...aliases, [found, meant]]);
}

/** Checks an IANA zone. */
export function checkTimezone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('It is no time zone. Write for instance Europe/Berlin, or UTC.');
  }
}

/** Flags that say how the tree is to be read. */
export interface ReadingFlags {
  readonly alias?: Aliases;
  readonly timezone?: string;
}

/** How the tree is to be read, leaving out what was not said. */
export function readOptionsOf(flags: ReadingFlags): ReadOptions {
  return {
    ...(flags.alias === undefined ? {} : { aliases: flags.alias }),
    ...(flags.timezone === undefined ? {} : { timezone: flags.timezone }),
  };
}

/** The flags that make another command read the tree in the same way. */
export function readingWords(flags: ReadingFlags): string[] {
  return [
    ...[...(flags.alias ?? [])].flatMap(([found, meant]) => ['--alias', `${found}=${meant}`]),
    ...(flags.timezone === undefined ? [] : ['--timezone', flags.timezone]),
  ];
}
