import type { Connection } from './connection.ts';
import { decodeItems, encodeItems, type LeaseItem } from './lease-items.ts';
import type { StartsFile } from './starts-file.ts';

/** A lease as its row says. */
export interface LeaseRow {
  readonly subscription: number;
  readonly number: number;
  readonly until: number;
  readonly startsFile: string;
  readonly startsSlot: number;
  readonly items: LeaseItem[];
  readonly size: number;
}

/** Leases as rows, and the places in the starts file that belong to those of this process. */
export interface Leases {
  /** Makes a lease over `items` and returns its token. */
  create(lease: NewLease): string;
  /** The lease behind a token, unless it was lost. */
  find(token: string, now: number): LeaseRow | undefined;
  /** Writes what is still open; a lease with nothing open is deleted. */
  keep(lease: LeaseRow, open: readonly LeaseItem[]): void;
  /** Moves the end of a lease; false if it was lost. */
  extend(token: string, until: number, now: number): boolean;
  /** Leases of a subscription that have run out, a bounded number. */
  listExpired(subscription: number, now: number, limit: number): readonly LeaseRow[];
  delete(lease: LeaseRow): void;
  /** The earliest end of a lease of the subscription. */
  nextEnd(subscription: number): number | undefined;
  /** Records a start of a lease that this process holds. */
  markStarted(token: string, seq: number): void;
  /** Whether leases refer to a starts file. */
  refersTo(startsFile: string): boolean;
  /** Ends a transaction: only now do places in the starts file become free, or new ones turn out to be unused. */
  reset(rolledBack: boolean): void;
}

/** What a lease is made of. */
interface NewLease {
  readonly subscription: number;
  readonly number: number;
  readonly until: number;
  readonly consumer: string;
  readonly items: readonly LeaseItem[];
}

interface RawLease {
  readonly subscription: number;
  readonly number: number;
  readonly until: number;
  readonly starts_file: string;
  readonly starts_slot: number;
  readonly items: string;
}

interface Held {
  readonly slot: number;
  readonly positions: ReadonlyMap<number, number>;
}

/** Prepares the statements. Tokens are the subscription's id and the lease's number, neither of which is used twice. */
export function createLeases(connection: Connection, starts: StartsFile): Leases {
  const insert = connection.prepare<[number, number, number, string, string, number, string]>(
    'INSERT INTO agentbus_leases (subscription, number, until, consumer, starts_file, starts_slot, items) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const columns = 'subscription, number, until, starts_file, starts_slot, items';
  const find = connection.prepare<[number, number], RawLease>(
    `SELECT ${columns} FROM agentbus_leases WHERE subscription = ? AND number = ?`,
  );
  const update = connection.prepare<[string, number, number]>(
    'UPDATE agentbus_leases SET items = ? WHERE subscription = ? AND number = ?',
  );
  const extend = connection.prepare<[number, number, number, number]>(
    'UPDATE agentbus_leases SET until = ? WHERE subscription = ? AND number = ? AND until > ?',
  );
  const remove = connection.prepare<[number, number]>(
    'DELETE FROM agentbus_leases WHERE subscription = ? AND number = ?',
  );
  const expired = connection.prepare<[number, number, number], RawLease>(
    `SELECT ${columns} FROM agentbus_leases INDEXED BY agentbus_leases_by_end WHERE subscription = +? AND until <= ? ORDER BY until LIMIT ? + 0`,
  );
  const nextEnd = connection
    .prepare<[number], number>(
      'SELECT until FROM agentbus_leases INDEXED BY agentbus_leases_by_end WHERE subscription = +? ORDER BY until LIMIT 1',
    )
    .pluck();
  const refers = connection.prepare<[string]>('SELECT 1 FROM agentbus_leases WHERE starts_file = ? LIMIT 1');
  /** Places in the starts file by token, from the claim until the row is known to be gone. */
  const held = new Map<string, Held>();

  /** Tokens whose rows this transaction made, and whose rows it found gone or deleted. */
  let created: string[] = [];
  let gone: string[] = [];

  function letGo(tokens: readonly string[]): void {
    for (const token of tokens) {
      const mine = held.get(token);
      if (mine === undefined) continue;
      held.delete(token);
      starts.free(mine.slot);
    }
  }

  function removeLease({ subscription, number }: LeaseRow): void {
    remove.run(subscription, number);
    gone.push(`${subscription}.${number}`);
  }

  return {
    create({ subscription, number, until, consumer, items }) {
      const token = `${subscription}.${number}`;
      const slot = starts.allocate(items.length);
      insert.run(subscription, number, until, consumer, starts.name, slot, encodeItems(items, items.length));
      created.push(token);
      const positions = new Map<number, number>();
      for (const { seq, position } of items) positions.set(seq, position);
      held.set(token, { slot, positions });
      return token;
    },
    find(token, now) {
      const [subscription, number] = parseToken(token);
      const row = find.get(subscription, number);
      if (row === undefined) gone.push(token);
      return row === undefined || row.until <= now ? undefined : toLease(row);
    },
    keep(lease, open) {
      if (open.length > 0) update.run(encodeItems(open, lease.size), lease.subscription, lease.number);
      else removeLease(lease);
    },
    extend(token, until, now) {
      const [subscription, number] = parseToken(token);
      const isExtended = extend.run(until, subscription, number, now).changes > 0;
      if (!isExtended && find.get(subscription, number) === undefined) gone.push(token);
      return isExtended;
    },
    listExpired: (subscription, now, limit) => expired.all(subscription, now, limit).map(toLease),
    delete: removeLease,
    nextEnd: (subscription) => nextEnd.get(subscription),
    markStarted(token, seq) {
      const mine = held.get(token);
      const position = mine?.positions.get(seq);
      if (mine !== undefined && position !== undefined) starts.mark(mine.slot, position);
    },
    refersTo: (startsFile) => refers.get(startsFile) !== undefined,
    reset(rolledBack) {
      letGo(rolledBack ? created : gone);
      created = [];
      gone = [];
    },
  };
}

/** Both halves of a token; a text that is no token of ours belongs to no lease. */
function parseToken(token: string): readonly [number, number] {
  const [subscription, number] = token.split('.').map(Number);
  return [subscription ?? 0, number ?? 0];
}

function toLease({ starts_file: startsFile, starts_slot: startsSlot, items, ...row }: RawLease): LeaseRow {
  return { ...row, startsFile, startsSlot, ...decodeItems(items) };
}
