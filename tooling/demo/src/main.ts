import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runDemo } from './demo.ts';
import { createScreen } from './screen.ts';

const usage = `npm start            shows AgentBus at work on sample mailboxes
npm start -- DIR     does the same on your own mailbox directory, without changing it`;
const samples = fileURLToPath(new URL('../../../apps/migrator/samples/mailboxes', import.meta.url));

/** Ends the process over a command line that cannot be meant. */
function refuse(message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function readArguments(words: readonly string[]): string | undefined {
  if (words.includes('--help') || words.includes('-h')) {
    console.log(usage);
    process.exit(0);
  }
  const [directory, ...more] = words;
  if (more.length > 0)
    refuse(`One directory at a time, please: got ${words.map((word) => JSON.stringify(word)).join(', ')}.`);
  if (directory === undefined) return undefined;
  if (directory.startsWith('-'))
    refuse(`There is no option "${directory}". For a directory of that name write ./${directory}`);
  const absolute = resolve(directory);
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (found === undefined) refuse(`There is no directory ${absolute}. Name the one that holds your agents' mailboxes.`);
  if (!found.isDirectory()) refuse(`${absolute} is a file. Name the directory that holds your agents' mailboxes.`);
  return absolute;
}

const own = readArguments(process.argv.slice(2));
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    process.exitCode = 128 + constants.signals[name];
    interruption.abort(new Error(`Interrupted by ${name}. Everything is stopped and put away.`));
  });
}
// Whoever reads no further, as in `npm start | head`, needs no complaint.
process.stdout.on('error', () => interruption.abort());

try {
  await runDemo({
    directory: own ?? samples,
    own: own !== undefined,
    screen: createScreen(process.stdout, process.env),
    signal: interruption.signal,
  });
} catch (error) {
  const failure: unknown = interruption.signal.aborted ? interruption.signal.reason : error;
  const message = failure instanceof Error ? failure.message : String(failure);
  if (process.stdout.writable) console.error(`\n${message}`);
  process.exitCode ??= 1;
}
