import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** The most messages of one lease: each has one byte in a slot of the starts file. */
export const slotSize = 256;
/** An unreferenced file of a dead process is kept so long, in case the process lives where we cannot see it. */
const orphanAgeMs = 3_600_000;
const filePrefix = 'starts-';

/**
 * Where a process records which of its leased messages it has started: one file beside the database, one byte for each
 * message, written by a plain positional write just before the handler runs. The page cache keeps it when the process is
 * killed, so whoever reaps its lease can tell the started from the unstarted.
 *
 * A row instead would cost a commit for each start (about 30 µs against 2 µs here); recording starts by the batch would
 * charge attempts to messages that never ran. After a power cut the bytes may be lost with the leases themselves.
 */
export interface StartsFile {
  /** The file's name, as leases refer to it. Another one once somebody has removed the file. */
  readonly name: string;
  /** Takes a free slot and clears its first `size` bytes. */
  allocate(size: number): number;
  free(slot: number): void;
  mark(slot: number, position: number): void;
  /** Ends recording; removes the file unless a lease still refers to it. */
  close(stillReferenced: boolean): void;
}

/** Creates the file of this process in `directory`. */
export function createStartsFile(directory: string): StartsFile {
  let name = freshName();
  const zeros = Buffer.alloc(slotSize);
  const one = Buffer.from([1]);
  const free: number[] = [];
  let slots = 0;
  let file: number | undefined;

  function open(): number {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openSync(join(directory, name), 'w', 0o600);
  }

  return {
    get name() {
      return name;
    },
    allocate(size) {
      // Somebody tidied the directory. Leases to come must point to a file that others can find; those before them must
      // not, as it would tell nothing of what they have started. Their slots stay theirs.
      if (file !== undefined && fstatSync(file).nlink === 0) {
        closeSync(file);
        file = undefined;
        name = freshName();
      }
      file ??= open();
      const slot = free.pop() ?? slots;
      slots = Math.max(slots, slot + 1);
      writeSync(file, zeros, 0, size, slot * slotSize);
      return slot;
    },
    free(slot) {
      free.push(slot);
    },
    mark(slot, position) {
      if (file !== undefined) writeSync(file, one, 0, 1, slot * slotSize + position);
    },
    close(stillReferenced) {
      if (file === undefined) return;
      closeSync(file);
      file = undefined;
      if (!stillReferenced) rmSync(join(directory, name), { force: true });
    },
  };
}

function freshName(): string {
  return `${filePrefix}${process.pid}-${randomUUID().slice(0, 8)}`;
}

/**
 * Which positions of a slot were started, as recorded by whichever process held the lease. When its file is gone all
 * are taken for started: an attempt charged too many is safer than a poison message started once too often.
 */
export function readStarts(directory: string, name: string, slot: number): (position: number) => boolean {
  const bytes = Buffer.alloc(slotSize);
  try {
    const file = openSync(join(directory, name), 'r');
    try {
      readSync(file, bytes, 0, slotSize, slot * slotSize);
    } finally {
      closeSync(file);
    }
  } catch {
    return () => true;
  }
  return (position) => bytes[position] === 1;
}

/** Removes files of processes that are gone and that no lease refers to. */
export function removeOrphans(directory: string, isReferenced: (name: string) => boolean, now: number): void {
  for (const name of readdirSync(directory)) {
    const pid = new RegExp(`^${filePrefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid)) || isReferenced(name)) continue;
    const path = join(directory, name);
    try {
      if (now - statSync(path).mtimeMs > orphanAgeMs) unlinkSync(path);
    } catch {
      // Another process was quicker, or it is not ours to remove: no reason to refuse the store.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
