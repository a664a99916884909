/** Topics that AgentBus itself publishes on. Handlers of these that fail cause no further events, so nothing can loop. */
export const systemTopics = {
  /** One {@link SystemError} for each failure of a handler. */
  error: 'system.error',
  /** One event for each dead letter. */
  deadLetter: 'system.errors.dlq',
  /** The bus's own state, every few seconds. */
  status: 'system.bus.status',
} as const;

/** Whether the topic is one of AgentBus's own. */
export function isSystemTopic(topic: string): boolean {
  return topic === 'system' || topic.startsWith('system.');
}
