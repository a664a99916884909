import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { spawnTypeScript, temporaryDirectory } from '@agentbus/testkit';
import { expect, test } from 'vitest';

const installed = join(import.meta.dirname, '..', '..', '..', 'node_modules');
const testkit = join(import.meta.dirname, '..', '..', 'testkit', 'src', 'index.ts');
const imports = "import { beforeAll, describe, expect, test } from 'vitest';\n";

/** Runs these test files as a workspace of their own: the exit code, and what stdout ends with. */
async function run(files: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) {
  await using directory = await temporaryDirectory();
  await symlink(installed, directory.join('node_modules'));
  for (const [name, body] of Object.entries(files)) await writeFile(directory.join(name), imports + body);
  const child = spawnTypeScript(new URL('./vitest-run-process.ts', import.meta.url), [directory.path], {
    env: { ...process.env, AGENTBUS_REQUIRE_ALL: '0', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.stdout === null || child.stderr === null) throw new Error('stdout and stderr are piped');
  const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close'), text(child.stderr)]);
  return { exitCode, lines: stdout.trimEnd().split('\n') };
}

test('a green run ends with its totals alone on the last line and exit code 0', async () => {
  const { exitCode, lines } = await run({ 'a.test.ts': "test('a', () => {}); test.skip('b', () => {});" });
  expect(lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
  expect(exitCode).toBe(0);
});

test('failed tests, files that do not load, hooks that throw and stray rejections all count as failures', async () => {
  const { exitCode, lines } = await run({
    'passes.test.ts': "test('a', () => {});",
    'fails.test.ts': "test('a', () => expect(1).toBe(2));",
    'does-not-load.test.ts': "import './nowhere.ts';",
    'hook-throws.test.ts':
      "describe('a', () => { beforeAll(() => { throw new Error('hook'); }); test('b', () => {}); });",
    'rejects.test.ts': "test('a', () => { Promise.reject(new Error('stray')); });",
  });
  expect(lines.at(-1)).toBe('2 passed, 4 failed, 1 skipped');
  expect(exitCode).toBe(1);
});

test('a run that finds no tests is a failure', async () => {
  const { exitCode, lines } = await run({});
  expect(lines.at(-1)).toBe('0 passed, 1 failed');
  expect(exitCode).toBe(1);
});

const lacking = (absent: string) => ({
  'a.test.ts': `import { leftOut } from '${testkit}';\nleftOut('the pigs', ${absent});\ntest('a', () => {});`,
  'b.test.ts': `import { leftOut } from '${testkit}';\nleftOut('the pigs', ${absent});\ntest('b', () => {});`,
});

test('what was left out is named once, before the totals', async () => {
  const { exitCode, lines } = await run(lacking("{ tool: 'wings' }"));
  expect(lines.slice(-3)).toEqual(['', 'Left out: the pigs (no wings on this machine)', '2 passed, 0 failed']);
  expect(exitCode).toBe(0);
});

test('where everything is required, an absent program is fatal and absent data is not', async () => {
  const everything = { AGENTBUS_REQUIRE_ALL: '1' };
  expect((await run(lacking("{ tool: 'wings' }"), everything)).exitCode).toBe(1);
  expect((await run(lacking("{ data: 'pictures' }"), everything)).exitCode).toBe(0);
});
