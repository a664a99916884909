import { describe, expect, it } from 'vitest';
import { assertSqliteVersion } from '../src/driver.ts';

describe('SQLite', () => {
  it('is taken from the release on that loses no commit when the write-ahead log is reset', () => {
    for (const version of ['3.51.3', '3.51.4', '3.52.0', '3.53.1', '4.0.0']) assertSqliteVersion(version);
  });

  it('is refused when it is older, with the remedy', () => {
    for (const version of ['3.51.2', '3.50.9', '3.9.0', '2.99.99']) {
      expect(() => assertSqliteVersion(version), version).toThrow(/Install better-sqlite3 12\.8 or newer/);
    }
  });
});
