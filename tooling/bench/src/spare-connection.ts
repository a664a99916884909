import Database from 'better-sqlite3';

/** A second connection to a database that somebody else in this process works with. */
export interface SpareConnection {
  /** Writes the write-ahead log into the database and empties it, so that rounds begin alike and pay for what they wrote. */
  checkpoint(): void;
  close(): void;
}

/** Opens a second connection to the database at `path`. */
export function openSpare(path: string): SpareConnection {
  const database = new Database(path);
  return {
    checkpoint() {
      database.pragma('wal_checkpoint(TRUNCATE)');
    },
    close: () => void database.close(),
  };
}
