/** The topic of all messages that are measured. */
export const topic = 'agents.planner.inbox';

/** A payload of 256 bytes as JSON: about one message that an agent sends. */
export const payload: { readonly task: string; readonly text: string } = {
  task: 'summarise',
  text: 'x'.repeat(256 - JSON.stringify({ task: 'summarise', text: '' }).length),
};
