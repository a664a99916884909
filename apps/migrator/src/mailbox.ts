import { encodeToken } from '@agentbus/core';

/** The recipient that stands for every agent. */
export const broadcastRecipient = 'broadcast';
/** The topic of letters to every agent. */
export const broadcastTopic = 'agents.broadcast';

/** A subscription that an agent has on the bus. */
export interface AgentSubscription {
  readonly name: string;
  readonly pattern: string;
}

/**
 * The topic on which letters to a recipient are published. A name with characters that no topic has is percent-encoded.
 *
 * @throws BusError `invalid_topic` for a name that is empty or too long.
 */
export function topicOf(recipient: string): string {
  return recipient === broadcastRecipient ? broadcastTopic : `agents.${encodeToken(recipient)}.inbox`;
}

/** The subscription of an agent on its own inbox. A dot in the name is encoded, so that it ends no token. */
export function inboxOf(agent: string): AgentSubscription {
  return { name: encodeToken(agent), pattern: topicOf(agent) };
}

/** The subscription of an agent on what is sent to all. */
export function broadcastOf(agent: string): AgentSubscription {
  return { name: `${encodeToken(agent)}.broadcast`, pattern: broadcastTopic };
}
