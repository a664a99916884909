import { posix } from 'node:path';
import type { Finding, SourceFile } from './source-file.ts';

/**
 * Finds groups of files that import each other in a circle through relative imports. Type-only imports count: two
 * files that need each other's types are one concept, or lack a third.
 *
 * Each group is reported once, at its first file, with one way round.
 */
export function findImportCycles(files: readonly SourceFile[]): Finding[] {
  const edges = new Map(files.map((file) => [file.path, targets(file)]));
  const findings: Finding[] = [];
  const reported = new Set<string>();
  for (const start of edges.keys()) {
    if (reported.has(start)) continue;
    const circle = wayBack(start, edges);
    if (circle === undefined) continue;
    for (const path of circle) reported.add(path);
    findings.push({
      path: start,
      message: `import cycle: ${[...circle, start].map((path) => posix.basename(path)).join(' → ')}`,
    });
  }
  return findings;
}

function targets(file: SourceFile): string[] {
  return file.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier));
}

/** The shortest way from `start` back to it, without the return to `start` itself. */
function wayBack(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of edges.get(path) ?? []) {
      if (next === start) return trail(path, start, cameFrom);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return undefined;
}

function trail(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [end];
  for (let at = end; at !== start; ) {
    at = cameFrom.get(at) ?? start;
    path.unshift(at);
  }
  return path;
}
