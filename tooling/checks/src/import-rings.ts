import { posix } from 'node:path';
import type { Finding, Import, SourceFile } from './source-file.ts';
import { memberOf, type WorkspaceMember } from './workspace-member.ts';

/**
 * What the sources of each package may import of the workspace. Ring 0 imports nothing, ring 1 core, ring 2 core and
 * delivery; only store-url knows more than one store.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  sqlite: ['core'],
  delivery: ['core'],
  metrics: ['core'],
  nats: ['core'],
  conformance: ['core'],
  agent: ['core', 'delivery'],
  'mailbox-compat': ['core', 'delivery'],
  mcp: ['core', 'delivery'],
  'store-url': ['core', 'sqlite', 'nats'],
};

/**
 * Finds imports that leave their ring or go round an exports map.
 *
 * Apps may import any package, tooling any package or tooling. Tests of a package may import any package and the
 * testkit: a test of `delivery` runs on a real store.
 */
export function findRingViolations(
  files: readonly SourceFile[],
  members: ReadonlyMap<string, WorkspaceMember>,
): Finding[] {
  const findings: Finding[] = [];
  for (const member of members.values()) {
    if (member.group === 'packages' && !Object.hasOwn(allowed, member.folder)) {
      const message = `the package "${member.folder}" has no ring yet: give it one in tooling/checks/src/import-rings.ts`;
      findings.push({ path: `packages/${member.folder}/package.json`, message });
    }
  }
  for (const file of files) {
    const from = memberOf(file.path, members);
    if (from === undefined) continue;
    for (const imported of file.imports) {
      const message = imported.specifier.startsWith('.')
        ? relativeViolation(file, from, imported)
        : packageViolation(file, from, imported, members);
      if (message !== undefined) findings.push({ path: file.path, line: imported.line, message });
    }
  }
  return findings;
}

function relativeViolation(file: SourceFile, from: WorkspaceMember, { specifier }: Import): string | undefined {
  const target = posix.join(posix.dirname(file.path), specifier);
  if (target.startsWith(`${from.group}/${from.folder}/`)) return undefined;
  const configures = /^[^/]+\/[^/]+\/[^/]+\.config\.ts$/.test(file.path) && target.startsWith('tooling/build/');
  return configures ? undefined : `"${specifier}" reaches into another package: import it by its name`;
}

function packageViolation(
  file: SourceFile,
  from: WorkspaceMember,
  { specifier }: Import,
  members: ReadonlyMap<string, WorkspaceMember>,
): string | undefined {
  const [scope, folder, ...rest] = specifier.split('/');
  const to = members.get(`${scope}/${folder}`);
  if (to === undefined) return undefined;
  const door = ['.', ...rest].join('/');
  if (!to.doors.includes(door)) return `"${specifier}" is a deep import: ${to.name} exports ${doorList(to)}`;
  if (from.group === 'tooling') return to.group === 'apps' ? 'tooling does not import apps' : undefined;
  const isTest = /^[^/]+\/[^/]+\/test\//.test(file.path);
  if (to.group === 'tooling') {
    return isTest && to.folder === 'testkit' ? undefined : `${from.folder} does not import tooling ("${specifier}")`;
  }
  if (to.group === 'apps') return from === to ? undefined : `nothing imports an app ("${specifier}")`;
  if (from.group === 'apps' || isTest) return undefined;
  if (allowed[from.folder]?.includes(to.folder)) return undefined;
  const may = allowed[from.folder]?.join(', ') || 'no other package';
  return `${from.folder} does not import ${to.folder}: it may import ${may}`;
}

function doorList({ doors }: WorkspaceMember): string {
  return doors.length === 0 ? 'nothing' : doors.map((door) => `"${door}"`).join(', ');
}
