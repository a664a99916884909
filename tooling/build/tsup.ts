import { defineConfig } from 'tsup';

type Entries = Record<string, string>;
type TsupConfig = ReturnType<typeof defineConfig>;

/** How every published library is built: ESM for the oldest supported Node, one declaration file per entry. */
export function library(entry: Entries): TsupConfig {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    dts: true,
    clean: true,
    sourcemap: true,
  });
}

/** How every app is built: as a library, but nobody imports it, so that it needs no declarations. */
export function application(entry: Entries): TsupConfig {
  return defineConfig({ entry, format: 'esm', target: 'node20', platform: 'node', clean: true, sourcemap: true });
}
