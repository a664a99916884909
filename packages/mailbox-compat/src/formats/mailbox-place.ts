/**
 * Where a file lies, as far as its directories tell. Nothing here depends on what the root is called or where it is.
 *
 * - `mailbox`: in the received part of one agent's mailbox (inbox, processed, archive, processing, failed, error).
 * - `outbox`: among what an agent sent.
 * - `broadcast`: in a place that everybody reads.
 * - `private`: among an agent's own files (state, workspace, templates), where only real letters are of interest.
 * - `shared`: in an archive or error place that belongs to no agent.
 * - `loose`: in none of these, for instance directly in `<agent>/`.
 */
export type Area = 'mailbox' | 'outbox' | 'broadcast' | 'private' | 'shared' | 'loose';

/** What {@link placeOf} finds out. */
export interface MailboxPlace {
  readonly area: Area;
  /** The agent whose directory it is. */
  readonly owner?: string;
  /** Whether the place says that the letter was processed. */
  readonly done: boolean;
  /** Whether it lies among errors, where logs are letters too. */
  readonly failed: boolean;
  /** Whether the file lies directly in the owner's directory or in one of its mailbox places. */
  readonly direct: boolean;
}

type Role = 'inbox' | 'outbox' | 'done' | 'flight' | 'failed' | 'broadcast' | 'private';

const roleWords = new Map<string, Role>([
  ...words('inbox', 'inbox inboxes incoming new pending unread queued'),
  ...words('outbox', 'outbox outboxes sent outgoing'),
  ...words('done', 'archive archives archived processed done completed complete handled acked acknowledged finished'),
  ...words('done', 'success succeeded'),
  ...words('flight', 'processing progress inprogress claimed'),
  ...words('failed', 'failed failure failures error errors rejected dead dlq quarantine quarantined'),
  ...words('broadcast', 'broadcast broadcasts'),
  ...words('private', 'state states workspace config configs template templates cache'),
]);

/** Words that may stand beside a role word: `inbox_old`, `processed_messages`, `archive-backup`, `in_progress`. */
const qualifiers = new Set(
  'old older backup backups bak copy copies message messages msg msgs mail mails letter letters file files json item items note notes in letter'.split(
    ' ',
  ),
);

/** Directories that hold many agents' mailboxes and are no agent themselves. */
const containers =
  /^_?(?:agents|agent[_-]?(?:comms?|mail(?:box(?:es)?)?|workspaces|coordination|messages|inboxes)|(?:shared[_-]?)?(?:mail|mailbox|mailboxes)|comms?|communications?|messag(?:es|ing)|message[_-]?queues?|queues?|workspaces|coordination|runtime|shared|data|src)$/i;

/** Those of them that nobody would put into an inbox but as a copy of the whole tree. */
const trees =
  /^_?(?:agents|agent[_-]?(?:comms?|mail(?:box(?:es)?)?|workspaces|coordination)|(?:shared[_-]?)?mailboxes|comms|message[_-]?queues?)$/i;

/** Years, months, days and times, as dated archives are called. */
const dateLike = /^(?:(?:19|20)\d\d(?:[-_.T:]\d\d?|\d\d){0,7}Z?|0[1-9]|[12]\d|3[01])$/;

/**
 * Reads a relative path. `within` are directories to put before it, for trees that begin inside a mailbox.
 *
 * ```ts
 * placeOf('agent_mailboxes/planner/inbox/archive/2025-09-09/a.json'); // planner's mailbox, done
 * ```
 */
export function placeOf(path: string, within?: string): MailboxPlace {
  const segments = withoutOuterTree((within === undefined ? path : `${within}/${path}`).split('/'));
  const name = segments.pop() ?? '';
  if (!segments.some((segment) => rolesOf(segment).length > 0)) segments.push(...placeInName(name));
  const places = [...segments.keys()].filter((index) => rolesOf(segments[index] ?? '').length > 0);
  const [first] = places;
  if (first === undefined) return loosePlace(segments);

  const before = ownerBefore(segments, places);
  // What an agent's directory itself lies in, such as an archive of old trees, says nothing about its letters.
  const inside = before === undefined ? segments : segments.slice(before + 1);
  const roles = new Set(inside.flatMap(rolesOf));
  const found = before === undefined ? ownerAfter(segments, first) : segments[before];
  const received = roles.has('inbox') || roles.has('done') || roles.has('flight') || roles.has('failed');
  return {
    area: areaOf(roles, received, found !== undefined),
    ...(found === undefined ? {} : { owner: found }),
    done: roles.has('done'),
    failed: roles.has('failed'),
    direct: true,
  };
}

/** A copy of a whole tree that somebody put into a mailbox is read as the tree that it copies. */
function withoutOuterTree(segments: string[]): string[] {
  const place = segments.findIndex((segment) => rolesOf(segment).length > 0);
  const tree = segments.slice(0, -1).findLastIndex((segment) => trees.test(segment));
  return place >= 0 && tree > place ? segments.slice(tree) : segments;
}

/**
 * The directories that a file's name stands for: `inbox.json` in an agent's directory is its inbox, `planner_inbox.json`
 * beside the mailboxes is planner's, and a *file* called `processed` is what a move into a missing directory leaves.
 */
function placeInName(name: string): string[] {
  const whole =
    /^(inbox|outbox|incoming|outgoing|sent|processed|archived?|broadcasts?|state|config)(?:\.jsonl?)?$/i.exec(name);
  if (whole?.[1] !== undefined) return [whole[1]];
  const [, agent] = /^(.+)[_.-](?:inbox|incoming)\.(?:jsonl?|txt|md)$/i.exec(name) ?? [];
  return agent === undefined || containers.test(agent) ? [] : [agent, 'inbox'];
}

function areaOf(roles: ReadonlySet<Role>, received: boolean, owned: boolean): Area {
  if (roles.has('outbox')) return 'outbox';
  if (received && owned && (!roles.has('broadcast') || roles.has('inbox'))) return 'mailbox';
  if (roles.has('broadcast')) return 'broadcast';
  return received ? 'shared' : 'private';
}

/**
 * Without a place in the path: the directory of an agent is one that is called so (`Agent-3`), else the first below the
 * directories that hold mailboxes.
 */
function loosePlace(segments: readonly string[]): MailboxPlace {
  const inside = segments.findLastIndex((segment) => containers.test(segment)) + 1;
  const called = segments.findLastIndex((segment) => /agent[-_ ]?\d+/i.test(segment));
  const index = Math.max(inside, called);
  const owner = segments[index];
  return {
    area: 'loose',
    ...(owner === undefined ? {} : { owner }),
    done: false,
    failed: false,
    direct: segments.length === index + 1,
  };
}

/**
 * Where the agent's directory is in `<agent>/inbox/…`: before the innermost inbox or outbox, else before the outermost
 * place that has a directory before it that is neither a place nor a date.
 */
function ownerBefore(segments: readonly string[], places: readonly number[]): number | undefined {
  const isBox = (index: number): boolean => rolesOf(segments[index] ?? '').some((role) => /box$/.test(role));
  const innermost = places.findLast(isBox);
  for (const place of innermost === undefined ? places : [innermost, ...places]) {
    const outside = segments.slice(0, place);
    const index = outside.findLastIndex((segment) => rolesOf(segment).length === 0 && !dateLike.test(segment));
    const name = segments[index];
    if (name !== undefined && !containers.test(name)) return index;
  }
  return undefined;
}

/** `archive/<agent>/…`: places that hold one directory per agent. */
function ownerAfter(segments: readonly string[], first: number): string | undefined {
  return segments
    .slice(first + 1)
    .find((segment) => rolesOf(segment).length === 0 && !dateLike.test(segment) && !containers.test(segment));
}

/** Whether a directory of this name is a place in a mailbox, or holds mailboxes, and so is no agent's own. */
export function isPlaceOrContainer(name: string): 'place' | 'container' | undefined {
  if (rolesOf(name).length > 0) return 'place';
  return containers.test(name) || dateLike.test(name) ? 'container' : undefined;
}

function rolesOf(segment: string): Role[] {
  const found: Role[] = [];
  for (const word of segment.toLowerCase().split(/[^a-z]+/)) {
    const role = roleWords.get(word);
    if (role !== undefined) found.push(role);
    else if (word !== '' && !qualifiers.has(word)) return [];
  }
  return found;
}

function words(role: Role, list: string): [string, Role][] {
  return list.split(' ').map((word) => [word, role]);
}
