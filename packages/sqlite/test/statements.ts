import Database, { type Statement } from 'better-sqlite3';

/**
 * Calls `after` whenever this process has executed a prepared statement, on every connection opened from now on until
 * it is disposed. A failpoint: nothing of the driver is replaced, each statement has really run by then.
 */
export function afterEachStatement(after: (sql: string) => void): Disposable {
  const original = Database.prototype.prepare;
  Database.prototype.prepare = new Proxy(original, {
    apply(prepare, connection, [sql]) {
      const statement: Statement = Reflect.apply(prepare, connection, [sql]);
      for (const verb of ['run', 'get', 'all'] as const) {
        Object.defineProperty(statement, verb, {
          value: new Proxy(statement[verb], {
            apply(execute, self, values) {
              const result: unknown = Reflect.apply(execute, self, values);
              after(String(sql));
              return result;
            },
          }),
        });
      }
      return statement;
    },
  });
  return {
    [Symbol.dispose]() {
      Database.prototype.prepare = original;
    },
  };
}
