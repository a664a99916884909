import fc from 'fast-check';
import type { Tree } from './tree.ts';

const agents = ['builder', 'tester', 'Agent-3', 'Agent3', 'Größe 4 (alt)'];
const agent = fc.constantFrom(...agents);
const time = fc.integer({ min: 1_700_000_000_000, max: 1_760_000_000_000 }).map((at) => new Date(at).toISOString());
const sentence = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.lorem({ maxCount: 12 }),
  fc.constantFrom('say "hi"\nand {go}', 'C:\\new\\table', '[a] // b', 'Ünï©ode ✅', '---', 'From: nobody', '12'),
);
const value = fc.oneof(
  sentence,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const fieldName = fc.constantFrom(
  'task_id',
  'tags',
  'nested',
  'read',
  'status',
  'content',
  'title',
  'type',
  'details',
  'x',
);

/** A letter's fields: always something that makes it one, and some of everything that letters have. */
const fields = fc
  .record({
    known: fc.record(
      {
        message_id: fc.oneof(fc.uuid(), fc.constant('{{uuid}}')),
        sender_agent_id: agent,
        subject: sentence,
        body: fc.oneof(sentence, fc.dictionary(fieldName, value, { maxKeys: 3 }), fc.array(value, { maxLength: 3 })),
        timestamp_utc: fc.oneof(
          time,
          fc.constant('[AUTO_TIMESTAMP]'),
          fc.integer({ min: 1_700_000_000, max: 1_760_000_000 }),
        ),
        priority: fc.constantFrom('HIGH', '**low**', 'Priority.NORMAL', 3),
      },
      { requiredKeys: ['sender_agent_id', 'message_id'] },
    ),
    others: fc.dictionary(
      fieldName,
      fc.oneof(value, fc.array(value, { maxLength: 3 }), fc.dictionary(fieldName, value)),
      { maxKeys: 3 },
    ),
  })
  .map(({ known, others }) => ({ ...others, ...known }));

const json = fc.tuple(fields, fc.constantFrom(0, 2)).map(([one, indent]) => JSON.stringify(one, null, indent));
const list = fc.array(fields, { minLength: 1, maxLength: 4 }).map((all) => JSON.stringify(all, null, 2));
const sharedMailbox = fc
  .tuple(fc.array(fields, { maxLength: 3 }), agent)
  .map(([messages, owner]) =>
    JSON.stringify({ status: 'idle', assigned_agent_id: owner, messages, processed_message_ids: ['x-1'] }),
  );
const queue = fc
  .array(fields, { minLength: 1, maxLength: 3 })
  .map((all) =>
    JSON.stringify(
      all.map((message, at) => ({ message, queue_id: `q${at}`, status: 'PENDING', delivery_attempts: at })),
    ),
  );
const markdown = fc
  .tuple(agent, sentence, fc.array(sentence, { maxLength: 4 }), fc.boolean())
  .map(
    ([from, title, lines, ruled]) =>
      `# ${title}\n\n**From**: ${from}\n**Priority**: HIGH\n${ruled ? '\n---\n' : '\n'}${lines.join('\n')}\n`,
  );

/** What happens to files in the wild. */
type Damage = (text: string) => string | Uint8Array;
const damages: readonly Damage[] = [
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `\uFEFF${text}`,
  (text) => `{{\n${text}\n}}\n`,
  (text) => text.replace(',', ', // a comment\n'),
  (text) => `${text.slice(0, -1)},${text.slice(-1)}`,
  (text) => text.slice(0, Math.floor(text.length / 2)),
  (text) => `${text}\n${text}`,
  (text) => `${text}"older": "tail"}]`,
  (text) => `Here it is:\n\n${text}\n\nThat was it.`,
  (text) => `\`\`\`json\n${text}\n\`\`\``,
  (text) => `${text}\0\0\0`,
  (text) => text.replaceAll('"', "'"),
  (text) => text.replace('\\n', '\n'),
  (text) => text.replace('\\"', '"'),
  (text) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
  (text) => Buffer.from(text, 'latin1'),
  () => '',
  () => new Uint8Array(20),
];

const whole: Damage = (text) => text;
const content = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: json }, list, sharedMailbox, queue, { weight: 2, arbitrary: markdown }),
    fc.oneof({ weight: 3, arbitrary: fc.constant(whole) }, fc.constantFrom(...damages)),
  )
  .map(([text, damage]) => damage(text));

const folder = fc.oneof(
  fc
    .tuple(agent, fc.constantFrom('inbox', 'processed', 'outbox', 'inbox/archive', 'error'))
    .map((parts) => parts.join('/')),
  fc.constantFrom('broadcast', 'archive', '.'),
);
const name = fc
  .tuple(
    fc.constantFrom('a', 'b', 'mailbox_1', 'inbox', 'queue', 'note {{uuid}}', 'README', 'x*y'),
    fc.constantFrom('json', 'json', 'md', 'msg', 'txt', 'json.lock'),
  )
  .map((parts) => parts.join('.'));

/** Trees of mailboxes as they are found: several formats, copies, damage, and files that are no letters. */
export const randomTree: fc.Arbitrary<Tree> = fc
  .tuple(
    fc.array(fc.tuple(folder, name, content), { minLength: 1, maxLength: 8 }),
    fc.array(fc.tuple(folder, fc.nat()), { maxLength: 3 }),
  )
  .map(([files, copies]) => {
    const tree: Record<string, string | Uint8Array> = {};
    for (const [where, called, what] of files) tree[`${where}/${called}`] = what;
    for (const [at, [where, from]] of copies.entries()) {
      const what = files[from % files.length]?.[2];
      if (what !== undefined) tree[`${where}/copy ${at}.json`] = what;
    }
    return tree;
  });
