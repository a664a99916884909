// Control and format characters, line separators, text-direction marks and lone surrogates: what a terminal would obey
// or hide instead of show.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Text that came from a mailbox, safe to print: whatever would move the cursor, change colours or break the line is
 * written as an escape.
 */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** A word that a POSIX shell reads as exactly this text. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // A terminal would act on control characters before any shell saw them, so they go in $'…' with escapes.
  if (text.search(invisible) < 0) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${visible(text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")).replace(/\\u\{([\da-f]+)\}/g, (_, hex: string) => `\\U${hex.padStart(8, '0')}`)}'`;
}
