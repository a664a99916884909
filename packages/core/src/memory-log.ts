import { sameContent } from './draft.ts';
import { type MessageRecord, priorities } from './message.ts';
import { idConflict } from './rejections.ts';
import type { Draft, ReadQuery, StoredMessage, TopicStats } from './store.ts';
import { matches } from './topic.ts';

/** The log of the memory store: what was published, in order, and what waits for its time. */
export interface MemoryLog {
  /** Messages by lane, each in order of `seq`. */
  readonly lanes: readonly (readonly StoredMessage[])[];
  readonly lastSeq: number;
  /** Throws `id_conflict` before anything changed; returns which drafts were duplicates. */
  append(
    drafts: readonly Draft[],
    now: number,
  ): { readonly duplicates: readonly boolean[]; readonly added: readonly (readonly [Draft, number])[] };
  /** Gives delayed messages that are due their place in the log. Returns what was promoted. */
  promote(now: number): readonly (readonly [Draft, number])[];
  /** When the next delayed message is due, by wall clock. */
  nextDelayedAt(): number | undefined;
  /** The delayed messages on topics that match. */
  countDelayed(pattern: string): number;
  get(seq: number): StoredMessage | undefined;
  read(query: ReadQuery): readonly StoredMessage[];
  stats(): readonly TopicStats[];
}

/** Makes an empty log. */
export function createMemoryLog(): MemoryLog {
  const log: StoredMessage[] = [];
  const lanes: StoredMessage[][] = priorities.map(() => []);
  const ids = new Map<string, MessageRecord>();
  const seqOfId = new Map<string, number>();
  let delayed: Draft[] = [];

  function place(draft: Draft): readonly [Draft, number] {
    const { settledFor: _, ...record } = draft;
    const stored = { seq: log.length + 1, record };
    log.push(stored);
    lanes[priorities.indexOf(record.priority)]?.push(stored);
    seqOfId.set(record.id, stored.seq);
    return [draft, stored.seq];
  }

  function findDuplicates(drafts: readonly Draft[]): boolean[] {
    const fresh = new Map<string, MessageRecord>();
    return drafts.map((draft) => {
      const known = ids.get(draft.id) ?? fresh.get(draft.id);
      if (known !== undefined && !sameContent(known, draft)) throw idConflict(draft.id);
      if (known === undefined) fresh.set(draft.id, draft);
      return known !== undefined;
    });
  }

  return {
    lanes,
    get lastSeq() {
      return log.length;
    },
    append(drafts, now) {
      const duplicates = findDuplicates(drafts);
      const added: (readonly [Draft, number])[] = [];
      for (const [index, draft] of drafts.entries()) {
        if (duplicates[index] === true) continue;
        ids.set(draft.id, draft);
        if (draft.deliverAt !== undefined && draft.deliverAt > now) delayed.push(draft);
        else added.push(place(draft));
      }
      return { duplicates, added };
    },
    promote(now) {
      const due = delayed.filter((draft) => (draft.deliverAt ?? 0) <= now);
      if (due.length === 0) return [];
      delayed = delayed.filter((draft) => (draft.deliverAt ?? 0) > now);
      return due.sort((a, b) => (a.deliverAt ?? 0) - (b.deliverAt ?? 0)).map(place);
    },
    nextDelayedAt() {
      return delayed.length === 0 ? undefined : Math.min(...delayed.map((draft) => draft.deliverAt ?? 0));
    },
    countDelayed: (pattern) => delayed.filter((draft) => matches(pattern, draft.topic)).length,
    get: (seq) => log[seq - 1],
    read({ ids: wanted, pattern, afterSeq = 0, limit }) {
      const found: StoredMessage[] = [];
      const source = wanted === undefined ? log.slice(afterSeq) : selectById(wanted, afterSeq);
      for (const message of source) {
        if (found.length >= limit) break;
        if (pattern === undefined || matches(pattern, message.record.topic)) found.push(message);
      }
      return found;
    },
    stats() {
      const topics = new Map<string, { messages: number; delayed: number }>();
      for (const { record } of log) countTopic(topics, record.topic).messages += 1;
      for (const { topic } of delayed) countTopic(topics, topic).delayed += 1;
      return [...topics].sort(([a], [b]) => (a < b ? -1 : 1)).map(([topic, counts]) => ({ topic, ...counts }));
    },
  };

  function selectById(wanted: readonly string[], afterSeq: number): StoredMessage[] {
    const seqs = [...new Set(wanted)].map((id) => seqOfId.get(id) ?? 0).filter((seq) => seq > afterSeq);
    return seqs.sort((a, b) => a - b).flatMap((seq) => log[seq - 1] ?? []);
  }
}

function countTopic(
  topics: Map<string, { messages: number; delayed: number }>,
  topic: string,
): { messages: number; delayed: number } {
  const counts = topics.get(topic) ?? { messages: 0, delayed: 0 };
  topics.set(topic, counts);
  return counts;
}
