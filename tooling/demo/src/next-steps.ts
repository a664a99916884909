import type { Screen } from './screen.ts';

/** The fourth part: commands that work as they stand. */
export function showNextSteps(own: string | undefined, screen: Screen): void {
  const directory = shellWord(own ?? '../my-agents');
  screen.table([
    [own === undefined ? 'with your own mailboxes, which are never changed' : 'for good, with a bus that stays', ''],
    ...(own === undefined ? [['npm start -- DIR', 'all of this on your directory']] : []),
    [`npm run mailbox-import -- scan ${directory}`, 'what an import would do'],
    [`npm run mailbox-import -- import ${directory} --store sqlite:./bus.db`, 'do it; again adds only what is new'],
    [`npm run mailbox-import -- verify ${directory} --store sqlite:./bus.db`, 'prove that nothing is missing'],
  ]);
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
