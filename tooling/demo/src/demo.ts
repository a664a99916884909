import { type Bus, openBus, type StoreStats } from '@agentbus/core';
import { deadLetters } from '@agentbus/delivery';
import { openStore } from '@agentbus/store-url';
import type { AgentOrders } from './agent-orders.ts';
import { castAgents } from './cast.ts';
import { runCrew } from './crew.ts';
import { audit, openBooks } from './ledger.ts';
import { type ImportSummary, importMailboxes, verifyImport } from './mailbox-import.ts';
import { showNextSteps } from './next-steps.ts';
import { createScratchDirectory } from './scratch-directory.ts';
import { harmless, type Screen } from './screen.ts';
import { showFindings } from './show-findings.ts';
import { showBooks, showDeadLetter, showLatencies } from './show-outcome.ts';
import { createTimeline } from './show-timeline.ts';

/** What is shown. */
export interface DemoOptions {
  /** Where the mailboxes are. */
  readonly directory: string;
  /** Whether they are the user's own and not the bundled samples. */
  readonly own: boolean;
  readonly screen: Screen;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
}

/**
 * The main job from end to end: mailboxes become messages on a bus in a scratch directory, two agents in processes of
 * their own work them, and the books are balanced. Rejects when anything is not as it must be.
 */
export async function runDemo({ directory, own, screen, signal }: DemoOptions): Promise<void> {
  const scratch = await createScratchDirectory();
  try {
    const url = `sqlite:${scratch.path}/bus.db`;
    screen.line();
    screen.line('AgentBus: file mailboxes become messages on a durable bus, and agents work them.');
    screen.line(screen.paint.quiet(`The bus of this run is ${url} and goes away with it.`));
    screen.heading(`What was found in ${own ? harmless(directory, 80) : 'apps/migrator/samples/mailboxes'}`);
    const summary = await importMailboxes(directory, url, signal);
    showFindings(summary, screen);
    await verifyImport(directory, url, signal);
    screen.line();
    screen.line(`${screen.paint.good('✓')} A second, independent reading found every entry on the bus.`);
    const bus = await openBus({ store: await openStore(url), source: 'demo' });
    try {
      await workLetters(bus, summary, screen, signal);
    } finally {
      await bus.close();
    }
    screen.heading('What to try next');
    showNextSteps(own ? directory : undefined, screen);
    screen.line();
  } finally {
    await scratch[Symbol.asyncDispose]();
  }
}

async function workLetters(bus: Bus, summary: ImportSummary, screen: Screen, signal: AbortSignal): Promise<void> {
  const before = await bus.store.stats();
  const cast = castAgents(before.subscriptions, bus.store.url);
  screen.heading('What the agents did');
  if (cast.length === 0) {
    screen.line('No agent has a mailbox here, so there is nobody to start.');
    return;
  }
  announce(cast, screen);
  const { played, wakeUps } = await runCrew(bus, cast, createTimeline(cast, screen), signal);
  const after = await bus.store.stats();
  screen.heading('What it comes to');
  const accounts = openBooks(played, after);
  showBooks(accounts, after.subscriptions, screen);
  screen.line();
  showLatencies(wakeUps, played, screen);
  await showDeadLetters(bus, after, screen);
  const faults = audit(summary, before, after, played);
  if (faults.length > 0) throw new Error(`The books do not balance:\n  ${faults.join('\n  ')}`);
  screen.line();
  const { paint } = screen;
  screen.line(
    `${paint.good('✓')} The books balance: every delivery is acked, dead or still owed. None is lost, none is there twice.`,
  );
}

const ordinals = ['', 'first', 'second', 'third'];

/** Says before it happens what is play. */
function announce(cast: readonly AgentOrders[], { line, paint }: Screen): void {
  line(paint.quiet('The agents look at no letter; they ack it.'));
  for (const { agent, stumblesOn, givesUpOn } of cast) {
    const name = harmless(agent, 24);
    if (stumblesOn > 0)
      line(paint.quiet(`To show a retry, ${name} fails twice on its ${ordinals[stumblesOn]} letter.`));
    if (givesUpOn > 0)
      line(paint.quiet(`To show a dead letter, ${name} always fails on its ${ordinals[givesUpOn]} letter.`));
  }
  line();
}

async function showDeadLetters(bus: Bus, { subscriptions }: StoreStats, screen: Screen): Promise<void> {
  for (const { name, dead } of subscriptions) {
    if (dead === 0) continue;
    screen.line();
    for (const letter of await deadLetters(bus, name)) showDeadLetter(name, letter, screen);
  }
}
