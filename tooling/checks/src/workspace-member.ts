import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of the workspace: `packages/core` is `@agentbus/core`. */
export interface WorkspaceMember {
  readonly group: 'packages' | 'apps' | 'tooling';
  readonly folder: string;
  readonly name: string;
  /** What the exports map offers: `.`, `./formats`. */
  readonly doors: readonly string[];
}

/** Every package of the workspace, by its npm name. */
export function readWorkspaceMembers(root: string): Map<string, WorkspaceMember> {
  const members = new Map<string, WorkspaceMember>();
  for (const group of ['packages', 'apps', 'tooling'] as const) {
    const directory = join(root, group);
    if (!existsSync(directory)) continue;
    for (const folder of readdirSync(directory).sort()) {
      const manifest = join(directory, folder, 'package.json');
      if (!existsSync(manifest)) continue;
      const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
        name: string;
        exports?: Record<string, unknown> | string;
      };
      members.set(name, { group, folder, name, doors: typeof exports === 'string' ? ['.'] : Object.keys(exports) });
    }
  }
  return members;
}

/** The package that a file belongs to, if it belongs to one. */
export function memberOf(path: string, members: ReadonlyMap<string, WorkspaceMember>): WorkspaceMember | undefined {
  const [group, folder] = path.split('/');
  return [...members.values()].find((member) => member.group === group && member.folder === folder);
}
