import Database from 'better-sqlite3';

interface Counted {
  readonly name: string;
  readonly counters: string;
  readonly rows: string;
}

const subscriptionCounts = `
  SELECT s.name AS name,
    json_object('leased', s.leased, 'waiting', s.waiting, 'dead', s.dead, 'expired', s.expired, 'history', s.history,
      'settled', s.acked + s.discarded) AS counters,
    json_object(
      'leased', (SELECT count(*) FROM agentbus_leases l, json_each(l.items) i WHERE l.subscription = s.id AND i.value <> 0),
      'waiting', (SELECT count(*) FROM agentbus_exceptions e WHERE e.subscription = s.id AND e.state IN (1, 2)),
      'dead', (SELECT count(*) FROM agentbus_exceptions e WHERE e.subscription = s.id AND e.state = 3),
      'expired', (SELECT count(*) FROM agentbus_exceptions e WHERE e.subscription = s.id AND e.state = 4),
      'history', (SELECT count(*) FROM agentbus_exceptions e WHERE e.subscription = s.id AND e.state = 5),
      'settled', (SELECT count(*) FROM agentbus_state v WHERE v.subscription = s.name AND v.state = 'acked')
    ) AS rows
  FROM agentbus_subscriptions s`;

const topicCounts = `
  SELECT t.name AS name,
    json_array(t.messages, t.last0, t.last1, t.last2, t.last3) AS counters,
    (SELECT json_array(count(*), coalesce(max(seq) FILTER (WHERE lane = 0), 0), coalesce(max(seq) FILTER (WHERE lane = 1), 0),
      coalesce(max(seq) FILTER (WHERE lane = 2), 0), coalesce(max(seq) FILTER (WHERE lane = 3), 0))
      FROM agentbus_messages m WHERE m.topic = t.id) AS rows
  FROM agentbus_topics t`;

const headCounts = `
  SELECT 'head' AS name, CAST(head AS TEXT) AS counters,
    (SELECT CAST(coalesce(max(seq), 0) AS TEXT) FROM agentbus_messages) AS rows
  FROM agentbus_meta`;

/**
 * Holds every figure that the store keeps against what counting gives, and returns what differs. Knows the tables but
 * none of the code that fills them.
 */
export function auditFile(path: string): string[] {
  const connection = new Database(path, { readonly: true });
  try {
    const counted = [subscriptionCounts, topicCounts, headCounts].flatMap((sql) =>
      connection.prepare<[], Counted>(sql).all(),
    );
    return counted
      .filter(({ counters, rows }) => counters !== rows)
      .map(({ name, counters, rows }) => `${name}: kept ${counters}, counted ${rows}`);
  } finally {
    connection.close();
  }
}
