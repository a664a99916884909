import { opendir } from 'node:fs/promises';
import { BusError } from '@agentbus/core';

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist. Check the spelling; a relative path starts where the command was started.',
  ENOTDIR: 'it is a file. Give the directory that holds it.',
  EACCES: 'it may not be read by this user. Run the command as the user who owns the mailboxes.',
  EPERM: 'it may not be read by this user. Run the command as the user who owns the mailboxes.',
};

/**
 * Checks that mailboxes can be read from `root` at all.
 *
 * Rejects with BusError `invalid_option` that says what is wrong and what to do.
 */
export async function assertMailboxRoot(root: string): Promise<void> {
  try {
    const directory = await opendir(root);
    await directory.close();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const fault = faults[code] ?? `the system says ${cause instanceof Error ? cause.message : String(cause)}.`;
    throw new BusError('invalid_option', `Cannot read mailboxes from ${JSON.stringify(root)}: ${fault}`, { cause });
  }
}
