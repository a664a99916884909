// One agent, in a process of its own. It looks at no letter's body: it acks everything but the letters on which it was
// ordered to fail. It says nothing on its own account and reports over the process channel.
import { type BusEvent, type Message, openBus } from '@agentbus/core';
import { ack, consume, exponential, type Handler, nack } from '@agentbus/delivery';
import { collectMetrics } from '@agentbus/metrics';
import { openStore } from '@agentbus/store-url';
import { type AgentOrders, type AgentReport, maxAttempts, type TimelineStep, wakeUpHeader } from './agent-orders.ts';
import { letterTitle } from './letter-title.ts';

const orders: AgentOrders = JSON.parse(process.argv[2] ?? '');
const [inbox] = orders.subscriptions;
const owed = orders.subscriptions.reduce((sum, standing) => sum + standing.owed, 0);

// Ctrl-C reaches the whole group, but the parent decides when this process ends; its own end means the same.
process.on('SIGINT', () => {});
const dismissed = new Promise<void>((resolve) => {
  process.once('message', () => resolve());
  process.once('disconnect', () => resolve());
});

const bus = await openBus({ store: await openStore(orders.store), source: orders.agent });
const metrics = collectMetrics(bus);
/** Letters that were started and not settled for good. */
const open = new Map<string, Message>();
const wakeUps = new Set<string>();
let inboxLetters = 0;
let stumblingBlock = '';
let poison = '';
let settled = 0;
let told = 0;

function tell(report: AgentReport): void {
  if (process.connected) process.send?.(report);
}

const work: Handler = ({ message, attempt }) => {
  if (message.headers[wakeUpHeader] !== undefined) {
    tell({ kind: 'woken', messageId: message.id, startedAt: bus.clock.monotonic() });
    wakeUps.add(message.id);
    return ack();
  }
  open.set(message.id, message);
  if (attempt === 1 && message.topic === inbox?.pattern) {
    inboxLetters += 1;
    if (inboxLetters === orders.stumblesOn) stumblingBlock = message.id;
    if (inboxLetters === orders.givesUpOn) poison = message.id;
  }
  if (message.id === stumblingBlock && attempt < maxAttempts) return nack({ reason: 'rate limited (simulated)' });
  if (message.id === poison) throw new Error('cannot be worked (simulated)');
  return ack();
};

function follow(event: BusEvent): void {
  if (event.type !== 'ack' && event.type !== 'nack' && event.type !== 'dead-letter') return;
  if (wakeUps.delete(event.messageId)) return;
  const eventful = event.type !== 'ack' || event.attempt > 1;
  const message = open.get(event.messageId);
  if (message !== undefined && (eventful || told < orders.tells)) {
    if (!eventful) told += 1;
    tell({ kind: 'settled', step: stepOf(event, message) });
  }
  if (event.type === 'nack') return;
  open.delete(event.messageId);
  settled += 1;
  if (settled === owed) tell({ kind: 'drained' });
}

function stepOf(event: BusEvent & { type: 'ack' | 'nack' | 'dead-letter' }, message: Message): TimelineStep {
  const { at, attempt } = event;
  const step = {
    at,
    attempt,
    agent: orders.agent,
    letter: letterTitle(message),
    sender: message.source,
    delayMs: 0,
    reason: '',
  };
  if (event.type === 'ack') return { ...step, outcome: 'acked' };
  if (event.type === 'nack') return { ...step, outcome: 'retry', delayMs: event.delayMs, reason: event.reason };
  return { ...step, outcome: 'dead', reason: event.reason };
}

bus.observe(follow);
const consumers = await Promise.all(
  orders.subscriptions.map(({ name, pattern }) =>
    // The first retry within 0.4 s instead of a second: people are watching.
    consume(bus, { name, pattern, maxAttempts, backoff: exponential({ firstMs: 400 }) }, work),
  ),
);
if (owed === 0) tell({ kind: 'drained' });

let lastSettled = 0;
setInterval(() => {
  if (settled >= lastSettled + 100 && settled < owed) tell({ kind: 'progress', settled });
  lastSettled = settled;
}, 1_000).unref();

await dismissed;
await Promise.all(consumers.map((consumer) => consumer.stop()));
tell({ kind: 'done', metrics: metrics.snapshot() });
await bus.close();
if (process.connected) process.disconnect();
