import { decodeToken, type SubscriptionStats } from '@agentbus/core';
import type { AgentOrders, Standing } from './agent-orders.ts';

/** Uneventful letters that each agent tells of one by one. */
const tells = 5;

/**
 * Who plays: the two agents that are owed the most, each with its inbox and what is sent to all. The busiest one fails
 * twice on its second letter, the other one always on its third, or on the last one before; an agent alone does both.
 */
export function castAgents(subscriptions: readonly SubscriptionStats[], store: string): AgentOrders[] {
  const inboxes = subscriptions
    .filter(({ pattern }) => agentOf(pattern) !== undefined)
    .toSorted((a, b) => b.ready - a.ready || (a.name < b.name ? -1 : 1))
    .slice(0, 2);
  const [first, second] = inboxes;
  const stumblesOn = Math.min(2, first?.ready ?? 0);
  const alone = (second?.ready ?? 0) === 0;
  return inboxes.map((inbox) => {
    const broadcast = subscriptions.find(({ name }) => name === `${inbox.name}.broadcast`);
    const [takesFirstPart, takesSecondPart] = [inbox === first, alone ? inbox === first : inbox === second];
    return {
      store,
      agent: agentOf(inbox.pattern) ?? inbox.name,
      subscriptions: [inbox, ...(broadcast === undefined ? [] : [broadcast])].map(standing),
      stumblesOn: takesFirstPart ? stumblesOn : 0,
      givesUpOn: takesSecondPart ? thirdOrBefore(inbox.ready, alone ? stumblesOn : 0) : 0,
      tells,
    };
  });
}

/** The agent whose inbox this is. */
function agentOf(pattern: string): string | undefined {
  const [root, token, leaf, ...more] = pattern.split('.');
  const isInbox = root === 'agents' && token !== undefined && token !== '*' && leaf === 'inbox' && more.length === 0;
  return isInbox ? decodeToken(token) : undefined;
}

/** The third of so many letters, or the last before it that is not `taken`; 0 if there is none. */
function thirdOrBefore(letters: number, taken: number): number {
  const wish = Math.min(3, letters);
  return Math.max(0, wish === taken ? wish - 1 : wish);
}

function standing({ name, pattern, ready }: SubscriptionStats): Standing {
  return { name, pattern, owed: ready };
}
