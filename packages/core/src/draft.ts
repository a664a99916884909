import type { MessageRecord } from './message.ts';

/**
 * Whether two records with the same id are the same message published twice, as after a crash between commit and
 * reply, rather than two messages that claim one id. What a second try may honestly change is left out: times, and the
 * process that published.
 */
export function sameContent(one: MessageRecord, other: MessageRecord): boolean {
  return (
    one.topic === other.topic &&
    one.body === other.body &&
    one.key === other.key &&
    one.priority === other.priority &&
    canonicalJson(one.headers) === canonicalJson(other.headers)
  );
}

/** JSON text in which the order of an object's members does not show. For comparing, not for keeping. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
