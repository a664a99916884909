import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** One file of code: where it is, what it says, and what it imports. */
export interface SourceFile {
  /** Relative to the root, with `/`: `packages/core/src/index.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** A specifier as written (`./topic.ts`, `@agentbus/core`), type-only and dynamic imports included. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** What the checks found: where, and what to do about it. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

const skipped = new Set(['node_modules', 'dist', 'drizzle', 'coverage', 'fixtures', 'samples']);

/** Every code file below `root`'s packages, apps and tooling, in path order. */
export function readSourceFiles(root: string): SourceFile[] {
  return ['packages', 'apps', 'tooling']
    .flatMap((group) => [...walk(join(root, group))])
    .map((file) => read(root, file));
}

function* walk(directory: string): Generator<string> {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(directory);
  } catch {
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name) && !entry.name.startsWith('.')) yield* walk(join(directory, entry.name));
    } else if (/\.(ts|tsx|mts|mjs|js)$/.test(entry.name)) {
      yield join(directory, entry.name);
    }
  }
}

const list = (directory: string) => readdirSync(directory, { withFileTypes: true });

function read(root: string, file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return {
    path: relative(root, file).split(sep).join('/'),
    text,
    imports: importedFiles.map(({ fileName, pos }) => ({
      specifier: fileName,
      line: text.slice(0, pos).split('\n').length,
    })),
  };
}
