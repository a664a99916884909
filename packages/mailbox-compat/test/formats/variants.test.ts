import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dreamOsFormats } from '../../src/formats/index.ts';
import { bytesOf, letterIn, lettersIn, modifiedAt, readAs } from './reading.ts';

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

describe('a directory of files', () => {
  const native = {
    message_id: 'm-17',
    sender_agent_id: 'pilot',
    recipient_agent_id: 'harbour',
    timestamp_utc: '2026-01-05T08:00:00.123456Z',
    subject: 'Berth',
    message_type: 'REQUEST',
    priority: 'HIGH',
    body: { berth: 4, note: 'soon' },
    read_status: 'unread',
    related_event_id: null,
    correlation_id: 'c-1',
  };

  it('gives a letter with every native field in its place', () => {
    const text = JSON.stringify(native);
    const { body, subject, message_type, ...others } = native;
    const { id, ...letter } = letterIn('harbour/inbox/req_20260105_080000_123456_1a2b3c4d.json', text);
    expect(letter).toEqual({
      recipient: 'harbour',
      source: 'pilot',
      payload: { subject, type: message_type, body, extra: others },
      headers: {
        'mailbox-format': 'dreamos-directory',
        'mailbox-path': 'harbour/inbox/req_20260105_080000_123456_1a2b3c4d.json',
        'mailbox-index': '0',
        'mailbox-id': 'm-17',
        'mailbox-sha256': sha256(text),
        'mailbox-priority': 'HIGH',
        'mailbox-clock': 'field',
      },
      priority: 'high',
      publishedAt: Date.UTC(2026, 0, 5, 8, 0, 0, 123),
      state: 'pending',
    });
  });

  it.each(['body', 'content', 'text', 'message', 'payload', 'data', 'details', 'prompt', 'summary'])(
    'takes the body from %s, and says which field it was',
    (field) => {
      const { payload, headers } = letterIn('harbour/inbox/a.json', { from: 'pilot', [field]: 'ahoy' });
      expect(payload).toEqual({ body: 'ahoy', extra: { from: 'pilot' } });
      expect(headers['mailbox-fields']).toBe(field === 'body' ? undefined : `{"body":"${field}"}`);
    },
  );

  it.each(['sender_agent_id', 'sender', 'from', 'from_agent', 'from_agent_id', 'agent_id', 'source_id', 'sender_id'])(
    'takes the sender from %s',
    (field) => {
      expect(letterIn('harbour/inbox/a.json', { [field]: 'pilot', body: 'x' }).source).toBe('pilot');
    },
  );

  it('prefers a body with something in it, and keeps the others', () => {
    expect(
      letterIn('harbour/inbox/a.json', { from: 'pilot', body: '', content: 'ahoy', details: null }).payload,
    ).toEqual({
      body: 'ahoy',
      extra: { from: 'pilot', body: '', details: null },
    });
  });

  it('gives a task without a body its other fields as body', () => {
    const task = { task_id: 'T-1', action: 'dredge', params: { depth: 9 }, task_type: 'WORK' };
    const { payload, headers } = letterIn('harbour/inbox/T-1.json', task);
    expect(payload).toEqual({ type: 'WORK', body: { task_id: 'T-1', action: 'dredge', params: { depth: 9 } } });
    expect(headers['mailbox-fields']).toBe('{"message_type":"task_type","body":"*"}');
    expect(headers['mailbox-id']).toBeUndefined();
  });

  it('reads an event of the legacy bus', () => {
    const event = {
      event_type: 'tide.high',
      source_id: 'gauge',
      data: { m: 4.1 },
      timestamp: 1767600000.5,
      event_id: 'e-1',
      correlation_id: 'c',
    };
    expect(letterIn('harbour/inbox/e.json', event)).toMatchObject({
      source: 'gauge',
      payload: { type: 'tide.high', body: { m: 4.1 } },
      headers: { 'mailbox-id': 'e-1' },
      publishedAt: 1767600000500,
    });
  });

  it('reads a letter whose file has no ending, or is called text', () => {
    for (const name of ['note', 'note.txt']) {
      expect(letterIn(`harbour/inbox/${name}`, { from: 'pilot', body: 'x' }).headers['mailbox-format']).toBe(
        'dreamos-directory',
      );
    }
  });
});

describe('a shared mailbox file', () => {
  const mailbox = {
    status: 'idle',
    assigned_agent_id: 'agent_004',
    last_seen_utc: '2026-01-05T08:00:00Z',
    messages: [
      { message_id: 'a', target_agent: 'crane', content: 'lift' },
      { message_id: 'b', content: 'lower' },
      { type: 'task_assignment', task_id: 'T-9', content: 'paint', status: 'PENDING' },
      { type: 'task_assignment', task_id: 'T-8', content: 'rust', status: 'PENDING' },
    ],
    processed_message_ids: ['b', 'T-9', 'long-gone'],
  };

  it('gives its messages to the agent it is assigned to, processed ones as processed', () => {
    const letters = lettersIn('_agent_coordination/shared_mailboxes/mailbox_4.json', mailbox);
    expect(letters.map(({ recipient, state, payload }) => [recipient, state, payload.body])).toEqual([
      ['agent_004', 'pending', 'lift'],
      ['agent_004', 'acked', 'lower'],
      ['agent_004', 'acked', 'paint'],
      ['agent_004', 'pending', 'rust'],
    ]);
    expect(letters[0]?.headers['mailbox-format']).toBe('dreamos-shared-mailbox');
  });

  it('takes a message that is in both of its lists for one, and processed', () => {
    const [done, open] = [mailbox.messages[1], mailbox.messages[0]];
    const both = { processed_messages: [done], assigned_agent_id: 'agent_004', messages: [open, done] };
    const letters = lettersIn('shared_mailboxes/mailbox_4.json', both);
    expect(letters.map(({ state, payload }) => [state, payload.body])).toEqual([
      ['acked', 'lower'],
      ['pending', 'lift'],
      ['acked', 'lower'],
    ]);
    expect(letters[0]?.id).toBe(letters[2]?.id);
  });

  it('waits under its own name while nobody has claimed it', () => {
    const [letter] = lettersIn('shared_mailboxes/mailbox_5.json', { ...mailbox, assigned_agent_id: null });
    expect(letter?.recipient).toBe('mailbox_5');
  });

  it('is recognised without being called a mailbox, and a letter with messages in it is none', () => {
    expect(lettersIn('agents/planner/store.json', { messages: mailbox.messages })).toHaveLength(4);
    const talk = { from: 'pilot', to: 'harbour', body: 'as agreed', messages: [{ role: 'user' }] };
    expect(letterIn('harbour/inbox/talk.json', talk).payload.body).toBe('as agreed');
  });

  it('without messages is empty', () => {
    expect(readAs('shared_mailboxes/mailbox_6.json', { ...mailbox, messages: [] })).toMatchObject({
      kind: 'ignored',
      reason: 'empty',
    });
  });
});

describe('a .msg file', () => {
  const msg = {
    timestamp_utc_iso: '2026-01-05T08:00:00.000Z',
    sender: 'master',
    target: 'tug',
    message_type: 'QUERY',
    payload: { subject: 'Coal?' },
  };

  it('is a letter to its target', () => {
    const letter = letterIn('agent_comms/20260105T080000Z_master_tug.msg', msg);
    expect(letter).toMatchObject({
      recipient: 'tug',
      source: 'master',
      state: 'pending',
      payload: { type: 'QUERY', body: { subject: 'Coal?' } },
    });
    expect(letter.headers['mailbox-format']).toBe('dreamos-msg');
  });

  it('takes from its name what it does not say itself', () => {
    const letter = letterIn('agent_comms/archive/20260105T080000Z_harbour_master_tug.msg', {
      payload: { n: 1 },
      message_type: 'ACK',
    });
    expect(letter).toMatchObject({
      recipient: 'tug',
      source: 'harbour_master',
      state: 'acked',
      publishedAt: Date.UTC(2026, 0, 5, 8),
    });
    expect(letterIn('20260105T080000Z_master_ALL.msg', 'Coal has arrived.')).toMatchObject({
      recipient: 'broadcast',
      source: 'master',
    });
  });
});

describe("an agent's inbox.json", () => {
  it('is a list of letters, each with its own bytes', () => {
    const text = '[\n  {"from": "pilot", "body": "größer"},\n  {"from": "tug", "body": "kleiner"}\n]';
    const reading = readAs('agent_mailboxes/harbour/inbox.json', text);
    const bytes = bytesOf(text);
    expect(reading).toMatchObject({ kind: 'read', format: 'dreamos-inbox-json' });
    for (const entry of reading.kind === 'read' ? reading.entries : []) {
      if (entry.kind !== 'letter') throw new Error(entry.reason);
      expect(entry.letter.headers['mailbox-sha256']).toBe(sha256(bytes.subarray(entry.start, entry.end)));
      expect(JSON.parse(Buffer.from(bytes.subarray(entry.start, entry.end)).toString())).toHaveProperty(
        'from',
        entry.letter.source,
      );
    }
    expect(
      lettersIn('harbour/inbox.json', text).map(({ recipient, headers }) => [recipient, headers['mailbox-index']]),
    ).toEqual([
      ['harbour', '0'],
      ['harbour', '1'],
    ]);
  });

  it('may hold one object, objects one after another, or bare texts', () => {
    expect(lettersIn('harbour/inbox.json', { from: 'pilot', body: 'x' })).toHaveLength(1);
    expect(lettersIn('harbour/inbox.json', '{"body": "a"}\n{"body": "b"}')).toHaveLength(2);
    expect(lettersIn('harbour/inbox.json', ['do this', 'do that']).map(({ payload }) => payload.body)).toEqual([
      'do this',
      'do that',
    ]);
  });

  it("may stand beside the agents' directories under the agent's name", () => {
    expect(lettersIn('agent_mailboxes/harbour_inbox.json', [{ from: 'pilot', body: 'x' }])[0]?.recipient).toBe(
      'harbour',
    );
    expect(lettersIn('agent_mailboxes/shared_inbox.json', [{ from: 'pilot', body: 'x' }])[0]?.recipient).toBe(
      'broadcast',
    );
  });

  it('is empty when its list is', () => {
    for (const content of ['[]\n', '{}', '[{}]', ' \r\n', '', '\uFEFF']) {
      expect(readAs('harbour/inbox.json', content)).toMatchObject({ kind: 'ignored', reason: 'empty' });
    }
  });
});

describe('an object with incoming and outgoing letters', () => {
  const both = {
    incoming: [
      { id: 'i-1', from: 'pilot', body: 'in' },
      { id: 'i-2', from: 'pilot', body: 'done' },
    ],
    outgoing: [{ id: 'o-1', to: 'tug', body: 'out' }],
    processed_ids: ['i-2'],
  };

  it('holds both, and what was processed', () => {
    const letters = lettersIn('agents/harbour/mailbox.json', both);
    expect(letters.map(({ source, recipient, state }) => [source, recipient, state])).toEqual([
      ['pilot', 'harbour', 'pending'],
      ['pilot', 'harbour', 'acked'],
      ['harbour', 'tug', 'pending'],
    ]);
    expect(letters[0]?.headers['mailbox-format']).toBe('dreamos-in-out-processed');
  });

  it('gives a sent letter the id of its copy in the inbox of its recipient', () => {
    const [sent] = lettersIn('agents/harbour/mailbox.json', { outgoing: both.outgoing });
    expect(sent?.id).toBe(letterIn('agents/tug/inbox/o-1.json', both.outgoing[0]).id);
  });
});

describe('a queue file', () => {
  const entry = (status: string, n: number): object => ({
    message: { sender: 'pilot', recipient: 'harbour', content: `n ${n}`, priority: 'urgent' },
    queue_id: `q-${n}`,
    priority_score: 0.5,
    status,
    created_at: '2026-01-05T08:00:00',
    updated_at: '2026-01-05T08:01:00',
    delivery_attempts: n,
  });

  it('holds delivered letters as done, and what was in flight as pending', () => {
    const letters = lettersIn('message_queue/queue.json', ['PENDING', 'PROCESSING', 'DELIVERED', 'FAILED'].map(entry));
    expect(letters.map(({ state }) => state)).toEqual(['pending', 'pending', 'acked', 'pending']);
    expect(letters[1]).toMatchObject({
      recipient: 'harbour',
      source: 'pilot',
      priority: 'urgent',
      publishedAt: Date.UTC(2026, 0, 5, 8),
      payload: {
        body: 'n 1',
        extra: { sender: 'pilot', 'mailbox-envelope': { queue_id: 'q-1', status: 'PROCESSING', delivery_attempts: 1 } },
      },
      headers: { 'mailbox-format': 'dreamos-queue', 'mailbox-id': 'q-1' },
    });
  });

  it('may be flat', () => {
    const flat = {
      from_agent: 'pilot',
      to_agent: 'harbour',
      content: 'x',
      priority: 'low',
      timestamp: '2026-01-05T08:00:00Z',
      status: 'queued',
    };
    expect(lettersIn('runtime/queue.json', [flat])).toMatchObject([
      { recipient: 'harbour', state: 'pending', payload: { body: 'x' } },
    ]);
    expect(lettersIn('runtime/queue.json', [{ ...flat, status: 'delivered' }])[0]?.state).toBe('acked');
  });
});

describe('the formats', () => {
  it('each name themselves once, and the last of them takes any file', () => {
    const names = dreamOsFormats.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(dreamOsFormats.at(-1)?.detect({ path: 'x', bytes: new Uint8Array(), modifiedAt })).toBe(true);
  });

  it('detect by the name and the first bytes', () => {
    const detected = (path: string, content: unknown): string | undefined =>
      dreamOsFormats.find((format) => format.detect({ path, bytes: bytesOf(content), modifiedAt }))?.name;
    expect(detected('a.msg', {})).toBe('dreamos-msg');
    expect(detected('mailbox_3.json', {})).toBe('dreamos-shared-mailbox');
    expect(detected('a.json', { incoming: [] })).toBe('dreamos-in-out-processed');
    expect(detected('queue.json', [])).toBe('dreamos-queue');
    expect(detected('a/inbox.json', {})).toBe('dreamos-inbox-json');
    expect(detected('a/b.json', { body: 'x' })).toBe('dreamos-directory');
    expect(detected('a/b.md', '{"body": "x"}')).toBe('dreamos-markdown');
  });
});
