import type { Environment } from '@agentbus/store-url';

/** Emphasis for a terminal; plain text elsewhere. */
export interface Paint {
  readonly heading: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Colours only where a person looks at a terminal and has not asked for none (https://no-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }, env: Environment): Paint {
  const coloured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const style =
    (on: number, off: number) =>
    (text: string): string =>
      coloured ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { heading: style(1, 22), faint: style(2, 22), good: style(32, 39), bad: style(31, 39) };
}
