import { BusError } from '@agentbus/core';

interface Diagnosis {
  readonly prefix: string;
  readonly code: 'store_failed' | 'store_busy' | 'store_incompatible';
  readonly retryable: boolean;
  readonly says: string;
}

/** What SQLite's result codes mean to people, most special first. */
const diagnoses: readonly Diagnosis[] = [
  {
    prefix: 'SQLITE_BUSY',
    code: 'store_busy',
    retryable: true,
    says: 'is locked by another program. Is a sqlite3 shell or a backup holding a transaction open?',
  },
  {
    prefix: 'SQLITE_LOCKED',
    code: 'store_busy',
    retryable: true,
    says: 'is locked within this process. Is a statement of yours still running on it?',
  },
  {
    prefix: 'SQLITE_FULL',
    code: 'store_failed',
    retryable: true,
    says: 'cannot grow: the disk is full. Nothing of this write was kept; free some space and try again.',
  },
  {
    prefix: 'SQLITE_READONLY',
    code: 'store_failed',
    retryable: false,
    says: 'cannot be written. Check the permissions of the file and of its directory.',
  },
  {
    prefix: 'SQLITE_CANTOPEN',
    code: 'store_failed',
    retryable: false,
    says: 'cannot be opened. Does its directory exist, and may this user write there?',
  },
  {
    prefix: 'SQLITE_NOTADB',
    code: 'store_incompatible',
    retryable: false,
    says: 'is no SQLite database. Did you name the right file?',
  },
  {
    prefix: 'SQLITE_CORRUPT',
    code: 'store_failed',
    retryable: false,
    says: 'is damaged. Stop all users, keep a copy, then try `sqlite3 FILE .recover`.',
  },
  {
    prefix: 'SQLITE_IOERR',
    code: 'store_failed',
    retryable: true,
    says: 'could not be read or written by the operating system. Check the disk.',
  },
  {
    prefix: 'EACCES',
    code: 'store_failed',
    retryable: false,
    says: 'cannot be opened: permission denied. Check owner and mode of the file and of its directory.',
  },
  {
    prefix: 'EROFS',
    code: 'store_failed',
    retryable: false,
    says: 'is on a read-only file system. Choose another place for the store.',
  },
  {
    prefix: 'ENOSPC',
    code: 'store_failed',
    retryable: true,
    says: 'cannot be created: the disk is full. Free some space and try again.',
  },
];

/** Turns whatever was thrown while using the database at `path` into a BusError. The only place that does. */
export function toBusError(error: unknown, path: string): BusError {
  if (error instanceof BusError) return error;
  const code = resultCode(error) ?? '';
  const found = diagnoses.find(({ prefix }) => code.startsWith(prefix));
  const why = error instanceof Error ? error.message : String(error);
  if (found === undefined) return new BusError('store_failed', `The store ${path} failed: ${why}`, { cause: error });
  return new BusError(found.code, `The store ${path} ${found.says} (${code}: ${why})`, {
    retryable: found.retryable,
    cause: error,
  });
}

/** Whether somebody else holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return resultCode(error)?.startsWith('SQLITE_BUSY') === true;
}

function resultCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
