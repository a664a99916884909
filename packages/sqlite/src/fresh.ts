import { laneOrder, type StoredMessage } from '@agentbus/core';
import type { Connection } from './connection.ts';
import { type StoredRow, selectedColumns, toRecord } from './message-row.ts';
import type { SubscriptionRow } from './subscriptions.ts';

/** What a subscription's cursors passed over in one claim. */
interface FreshMessages {
  readonly messages: readonly StoredMessage[];
  readonly expired: readonly StoredMessage[];
  /** The cursors as they stand afterwards. */
  readonly cursors: readonly number[];
  /** Messages passed that were history. */
  readonly skipped: number;
  /** Whether the claim stopped because it had looked at enough, not because there was nothing more. */
  readonly unfinished: boolean;
}

/** Takes new messages; only inside a write transaction, which must then move the cursors. */
export type TakeFresh = (subscription: SubscriptionRow, limit: number, wallNow: number) => FreshMessages;

/** The most messages looked at in one claim. Only history and expired messages make it look at more than it takes. */
const lookLimit = 1_000;
/** Up to so many topics with something new are probed one by one; for more, the log is scanned in order. */
const probeLimit = 16;
/** How far one scan goes before it has to find something, and how many of them one claim may do: about 10 ms. */
const scanWindow = 4_000;
const windowLimit = 8;

/** A stretch of a lane. */
interface Stretch {
  readonly rows: readonly StoredRow[];
  /** How far the lane has been looked through. */
  readonly upTo: number;
  /** Windows scanned for it. */
  readonly windows: number;
}

/**
 * Prepares the statements. A message is looked at once as the cursor of its lane passes. Exact topics read the index by
 * (topic, lane); patterns with many busy topics scan the log instead, window by window.
 */
export function createFresh(connection: Connection): TakeFresh {
  const active = [0, 1, 2, 3].map((lane) =>
    connection.prepare<[number, number], { id: number; last: number }>(
      `SELECT t.id, t.last${lane} AS last FROM agentbus_subscription_topics st JOIN agentbus_topics t ON t.id = st.topic WHERE st.subscription = +? AND t.last${lane} > ?`,
    ),
  );
  const stored = `SELECT m.seq, ${selectedColumns('m')} FROM agentbus_messages m`;
  const probe = connection.prepare<[number, number, number, number], StoredRow>(
    `${stored} INDEXED BY agentbus_messages_by_topic JOIN agentbus_topics t ON t.id = m.topic WHERE m.topic = +? AND m.lane = +? AND m.seq > ? ORDER BY m.seq LIMIT ? + 0`,
  );
  const seqs = connection
    .prepare<[number, number, number, number], number>(
      'SELECT seq FROM agentbus_messages INDEXED BY agentbus_messages_by_topic WHERE topic = +? AND lane = +? AND seq > ? ORDER BY seq LIMIT ? + 0',
    )
    .pluck();
  const one = connection.prepare<[number], StoredRow>(
    `${stored} JOIN agentbus_topics t ON t.id = m.topic WHERE m.seq = +?`,
  );
  const scan = connection.prepare<[number, number, number, number, number], StoredRow>(
    `${stored} CROSS JOIN agentbus_topics t ON t.id = m.topic WHERE m.seq > ? AND m.seq <= ? AND m.lane = +? AND EXISTS (SELECT 1 FROM agentbus_subscription_topics st WHERE st.subscription = +? AND st.topic = m.topic) ORDER BY m.seq LIMIT ? + 0`,
  );
  const dropHistory = connection.prepare<[number, number]>(
    'DELETE FROM agentbus_exceptions WHERE subscription = ? AND seq = ? AND state = 5',
  );

  /** The next rows of a lane after `cursor`, at most `limit`, looking through at most so many windows. */
  function nextRows(subscription: number, lane: number, cursor: number, limit: number, windows: number): Stretch {
    const topics = active[lane]?.all(subscription, cursor) ?? [];
    const [first] = topics;
    if (first === undefined) return { rows: [], upTo: cursor, windows: 0 };
    const end = topics.reduce((highest, { last }) => Math.max(highest, last), cursor);
    if (topics.length > probeLimit) return scanLane(subscription, lane, cursor, end, limit, windows);
    const rows =
      topics.length === 1 ? probe.all(first.id, lane, cursor, limit) : readSeveral(topics, lane, cursor, limit);
    return { rows, upTo: rows.length < limit ? end : (rows.at(-1)?.seq ?? end), windows: 0 };
  }

  function readSeveral(topics: readonly { id: number }[], lane: number, cursor: number, limit: number): StoredRow[] {
    const merged = topics.flatMap(({ id }) => seqs.all(id, lane, cursor, limit)).sort((a, b) => a - b);
    return merged.slice(0, limit).flatMap((seq) => one.get(seq) ?? []);
  }

  function scanLane(
    subscription: number,
    lane: number,
    cursor: number,
    end: number,
    limit: number,
    most: number,
  ): Stretch {
    const rows: StoredRow[] = [];
    let from = cursor;
    let windows = 0;
    for (; from < end && rows.length < limit && windows < most; windows += 1) {
      const to = Math.min(from + scanWindow, end);
      rows.push(...scan.all(from, to, lane, subscription, limit - rows.length));
      from = to;
    }
    return { rows, upTo: rows.length < limit ? from : (rows.at(-1)?.seq ?? from), windows };
  }

  return (subscription, limit, wallNow) => {
    const cursors = [subscription.cursor0, subscription.cursor1, subscription.cursor2, subscription.cursor3];
    const messages: StoredMessage[] = [];
    const expired: StoredMessage[] = [];
    let skipped = 0;
    let looked = 0;
    let windows = windowLimit;
    const mayLook = (): boolean => messages.length < limit && looked < lookLimit && windows > 0;
    const isHistory = (seq: number): boolean =>
      subscription.history > skipped && dropHistory.run(subscription.id, seq).changes > 0;
    for (const lane of laneOrder(subscription.turn)) {
      for (let more = true; more && mayLook(); ) {
        const wanted = Math.min(limit - messages.length, lookLimit - looked);
        const stretch = nextRows(subscription.id, lane, cursors[lane] ?? 0, wanted, windows);
        cursors[lane] = stretch.upTo;
        looked += stretch.rows.length;
        windows -= stretch.windows;
        more = stretch.rows.length === wanted;
        for (const row of stretch.rows) {
          const message = { seq: row.seq, record: toRecord(row) };
          if (isHistory(row.seq)) skipped += 1;
          else if (row.expires_at !== null && row.expires_at <= wallNow) expired.push(message);
          else messages.push(message);
        }
      }
    }
    return { messages, expired, cursors, skipped, unfinished: messages.length < limit && !mayLook() };
  };
}
