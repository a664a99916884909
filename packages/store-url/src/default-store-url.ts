import { dirname, join } from 'node:path';
import { BusError } from '@agentbus/core';
import { formatStoreUrl, parseStoreUrl } from './store-address.ts';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The URL that an app uses when its user named none: `AGENTBUS_STORE` if it is set and not empty, else
 * `.agentbus/bus.db` under `baseDirectory`. Relative paths are resolved: the result means the same everywhere.
 *
 * ```ts
 * const store = await openStore(storeOption ?? defaultStoreUrl(), { baseDirectory: callerDirectory() });
 * ```
 *
 * @throws BusError as {@link openStore} does, when `AGENTBUS_STORE` is no store URL.
 */
export function defaultStoreUrl(env: Environment = process.env, baseDirectory: string = callerDirectory(env)): string {
  const { AGENTBUS_STORE: chosen = '' } = env;
  if (chosen === '') {
    const path = join(baseDirectory, '.agentbus', 'bus.db');
    return formatStoreUrl({ scheme: 'sqlite', path, durability: undefined });
  }
  try {
    return resolveStoreUrl(chosen, baseDirectory);
  } catch (cause) {
    if (!(cause instanceof BusError)) throw cause;
    throw new BusError(cause.code, `The environment variable AGENTBUS_STORE: ${cause.message}`, { cause });
  }
}

/**
 * A store URL that means the same everywhere: a relative path is resolved against `baseDirectory`.
 *
 * @throws BusError as {@link openStore} does, when `url` is no store URL.
 */
export function resolveStoreUrl(url: string, baseDirectory: string = process.cwd()): string {
  return formatStoreUrl(parseStoreUrl(url, baseDirectory));
}

/**
 * Where the person stood who ran this: the working directory, or what npm says in `INIT_CWD` when npm moved us to the
 * package of its script. Elsewhere `INIT_CWD` is that of some other run further up, and means nothing here.
 */
export function callerDirectory(env: Environment = process.env, workingDirectory: string = process.cwd()): string {
  const { INIT_CWD: caller, npm_package_json: manifest } = env;
  const movedByNpm = caller !== undefined && manifest !== undefined && dirname(manifest) === workingDirectory;
  return movedByNpm ? caller : workingDirectory;
}
