import { appendFileSync } from 'node:fs';

/** What is missing on this machine: a program (fatal in CI), or data that only some checkouts have beside them. */
export type Absent = { readonly tool: string } | { readonly data: string };

/** One suite that did not run, and what it lacked. */
export type LeftOut = Absent & { readonly what: string };

/**
 * Says that something is not tested here, because a program or data is absent; the run names it at its end.
 *
 * `what` is a noun phrase: `leftOut('the JetStream store', { tool: 'nats-server' })`. Call it once, beside the
 * `describe.skipIf` that does the skipping.
 */
export function leftOut(what: string, absent: Absent): void {
  const file = process.env.AGENTBUS_LEFT_OUT_FILE;
  const entry: LeftOut = { what, ...absent };
  if (file === undefined) process.stderr.write(`${describeLeftOut(entry)}\n`);
  else appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** The line that tells a person what was left out and why. */
export function describeLeftOut(entry: LeftOut): string {
  return `Left out: ${entry.what} (${'tool' in entry ? `no ${entry.tool} on this machine` : `${entry.data} is absent`})`;
}
