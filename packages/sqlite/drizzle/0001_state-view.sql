-- Every message × subscription and where it stands, for people with the sqlite3 shell:
--   select subscription, state, count(*) from agentbus_state group by 1, 2;
--   select * from agentbus_state where topic = 'agents.planner.inbox' and state <> 'acked';
CREATE VIEW `agentbus_state` AS
SELECT
  s.name AS subscription,
  m.seq AS seq,
  m.id AS id,
  t.name AS topic,
  CASE
    WHEN l.seq IS NOT NULL THEN 'in flight'
    WHEN e.state = 3 THEN 'dead'
    WHEN e.state = 4 THEN 'expired'
    WHEN e.state = 5 THEN 'acked'
    WHEN e.starts > 0 THEN 'nacked'
    WHEN e.state IS NOT NULL THEN 'pending'
    WHEN m.seq > CASE m.lane WHEN 0 THEN s.cursor0 WHEN 1 THEN s.cursor1 WHEN 2 THEN s.cursor2 ELSE s.cursor3 END THEN 'pending'
    ELSE 'acked'
  END AS state,
  coalesce(l.starts, e.starts, 0) AS failed_attempts,
  e.reason AS reason,
  strftime('%Y-%m-%dT%H:%M:%fZ', m.published_at / 1000.0, 'unixepoch') AS published,
  m.body AS payload
FROM agentbus_subscriptions s
JOIN agentbus_subscription_topics st ON st.subscription = s.id
JOIN agentbus_topics t ON t.id = st.topic
JOIN agentbus_messages m ON m.topic = t.id AND m.seq > s.started_after
LEFT JOIN agentbus_exceptions e ON e.subscription = s.id AND e.seq = m.seq
LEFT JOIN (
  SELECT
    ls.subscription AS subscription,
    CASE i.type WHEN 'array' THEN json_extract(i.value, '$[0]') ELSE i.value END AS seq,
    CASE i.type WHEN 'array' THEN json_extract(i.value, '$[1]') ELSE 0 END AS starts
  FROM agentbus_leases ls, json_each(ls.items) i
) l ON l.subscription = s.id AND l.seq = m.seq;
