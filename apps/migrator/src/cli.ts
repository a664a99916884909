import { resolve } from 'node:path';
import { callerDirectory } from '@agentbus/store-url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import {
  type ExitCode,
  type ImportFlags,
  reportFailure,
  runImport,
  runScan,
  runVerify,
  type ScanFlags,
  type Surroundings,
  showError,
  type VerifyFlags,
} from './commands.ts';
import { addAlias, checkTimezone } from './reading-flags.ts';

/** Runs one command line and resolves to the exit code. Says on stderr what went wrong, and never rejects. */
export async function runCommandLine(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = describeProgram(around, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said on stderr what was wrong with the command line, or printed the help that was asked for.
    if (!(error instanceof CommanderError)) return reportFailure(error, args.includes('--json'), around);
    if (error.exitCode === 0) return 0;
    if (args.includes('--json')) showError('usage', error.message, around);
    return 2;
  }
}

function describeProgram(around: Surroundings, done: (code: ExitCode) => void): Command {
  const base = callerDirectory(around.env);
  const program = new Command('mailbox-import')
    .description('Turns existing mailbox directories of agents into messages on an AgentBus. Never changes them.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => around.stdout.write(text),
      writeErr: (text) => around.stderr.write(text),
    })
    .showHelpAfterError('Run with --help to see what there is.')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 done with quarantined entries.');

  const directory = (text: string): string => {
    if (text === '') throw new InvalidArgumentError('It is empty.');
    return resolve(base, text);
  };
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<dir>', 'directory that holds the mailboxes', directory)
      .option('--json', 'print one JSON object and nothing else')
      .option('--alias <found=meant>', 'take letters to one name as letters to another; repeatable', addAlias)
      .option('--timezone <zone>', 'zone of times that name none, e.g. Europe/Berlin (default: UTC)', checkTimezone);
  const withStore = (one: Command): Command =>
    one.option('--store <url>', 'the bus (default: $AGENTBUS_STORE, else sqlite:.agentbus/bus.db)');

  command('scan', 'say what an import would do').action(async (root: string, flags: ScanFlags) =>
    done(await runScan(root, flags, around)),
  );
  withStore(command('import', 'put every letter on the bus; run again, it adds only what is new'))
    .option('--dry-run', 'compare with the store and say what would be imported; write nothing')
    .option('--resume', 'go on with an import that did not finish; refuses a store that holds nothing of it')
    .option('--yes', 'answer yes to every question (at present there is none)')
    .action(async (root: string, flags: ImportFlags) => done(await runImport(root, flags, around)));
  withStore(command('verify', 'prove that every entry is on the bus, or quarantined as recorded')).action(
    async (root: string, flags: VerifyFlags) => done(await runVerify(root, flags, around)),
  );
  return program;
}
