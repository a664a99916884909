import type { StoreStats, SubscriptionStats } from '@agentbus/core';
import type { Letter } from '@agentbus/mailbox-compat/formats';
import { broadcastRecipient, inboxOf } from '../mailbox.ts';
import { createNameCopies } from '../name-copies.ts';

/** Gathers the letters that were verified, and at the end compares their states with what the bus owes. */
export interface OwedCheck {
  /** Notes one copy of a letter. `asImported`: its message was made from this very copy. */
  note(letter: Letter, asImported: boolean): void;
  /** What is wrong with what is owed. */
  problems(stats: StoreStats): string[];
}

interface Known {
  readonly recipient: string;
  readonly acked: boolean;
  /** Whether it was processed already when it was imported, which makes it history. */
  readonly history: boolean;
}

/**
 * A store counts what it owes but does not list it, so this checks bounds, mailbox by mailbox: that at least the pending
 * letters are owed or settled, and that what was processed when it was imported is not among what is owed. Letters to
 * everybody are left out, because who is everybody changes as agents come.
 */
export function createOwedCheck(): OwedCheck {
  const letters = new Map<string, Known>();
  const nameOf = createNameCopies();

  function check(agent: string, known: readonly Known[], stats: StoreStats): string[] {
    const { name, pattern } = inboxOf(agent);
    const pending = known.filter(({ acked }) => !acked).length;
    const subscription = stats.subscriptions.find((one) => one.name === name);
    if (subscription === undefined) {
      const owed = `its ${pending} pending letters are owed to nobody`;
      return pending === 0 ? [] : [`agent "${agent}" has no subscription "${name}", so that ${owed}`];
    }
    if (subscription.pattern !== pattern)
      return [`subscription "${name}" is on "${subscription.pattern}", not on "${pattern}"`];
    const { owed, settled } = countDeliveries(subscription);
    const messages = stats.topics.find(({ topic }) => topic === pattern)?.messages ?? 0;
    const history = known.filter((letter) => letter.history).length;
    const problems: string[] = [];
    if (owed + settled < pending) {
      problems.push(`agent "${agent}" has ${pending} pending letters, but only ${owed + settled} are owed or settled`);
    }
    if (owed > messages - history) {
      problems.push(
        `agent "${agent}" is owed ${owed} of ${messages} messages, though ${history} were processed before`,
      );
    }
    return problems;
  }

  return {
    note({ id, recipient, state }, asImported) {
      if (recipient === broadcastRecipient) return;
      const before = letters.get(id);
      const acked = state === 'acked';
      letters.set(id, {
        recipient: nameOf(recipient),
        acked: acked || before?.acked === true,
        history: (acked && asImported) || before?.history === true,
      });
    },
    problems(stats) {
      const byAgent = new Map<string, Known[]>();
      for (const known of letters.values()) {
        const others = byAgent.get(known.recipient);
        if (others === undefined) byAgent.set(known.recipient, [known]);
        else others.push(known);
      }
      return [...byAgent].flatMap(([agent, known]) => check(agent, known, stats));
    },
  };
}

function countDeliveries(subscription: SubscriptionStats): { owed: number; settled: number } {
  const { ready, scheduled, leased, dead, acked, expired, discarded } = subscription;
  return { owed: ready + scheduled + leased, settled: dead + acked + expired + discarded };
}
