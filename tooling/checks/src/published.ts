// Packs every package as it would be published and lets publint and attw judge the tarballs. Needs a build.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readWorkspaceMembers } from './workspace-member.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const scratch = await mkdtemp(join(tmpdir(), 'agentbus-pack-'));
try {
  const published = [...readWorkspaceMembers(root).values()].filter(({ group }) => group !== 'tooling');
  const complaints = (await Promise.all(published.map(judge))).flat();
  for (const complaint of complaints) console.log(complaint);
  console.log(`${published.length} packages, ${complaints.length} complaints`);
  process.exitCode = complaints.length > 0 ? 1 : 0;

  async function judge({ group, folder, doors }: (typeof published)[number]): Promise<string[]> {
    const tarball = join(scratch, `${folder}.tgz`);
    await run('pnpm', ['pack', '--out', tarball], { cwd: join(root, group, folder) });
    const judges = [['publint', 'run', '--strict', tarball]];
    // An app has a bin and no exports: nothing of it is ever imported, so it has no types to get wrong.
    if (doors.length > 0) judges.push(['attw', tarball, '--profile', 'esm-only', '--no-definitely-typed']);
    const verdicts = await Promise.all(judges.map(([program = '', ...args]) => complaint(program, args)));
    return verdicts.filter((verdict) => verdict !== '').map((verdict) => `${group}/${folder}\n${verdict}`);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** What a judge that is not content says; nothing when it is. */
async function complaint(program: string, args: string[]): Promise<string> {
  try {
    await run(program, args, { cwd: root });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trimEnd() || String(error);
  }
}
