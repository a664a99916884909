import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { temporaryDirectory } from '@agentbus/testkit';
import { expect, test } from 'vitest';
import { checkStructure } from '../src/structure.ts';

/** A small workspace with nothing wrong: each test plants one fault in it. */
const sound: Readonly<Record<string, string>> = {
  'packages/core/package.json': manifest('core', { '.': './src/index.ts' }),
  'packages/core/tsup.config.ts': "import { library } from '../../tooling/build/tsup.ts';\nexport default library();\n",
  'packages/core/src/index.ts': "export { a } from './a.ts';\n",
  'packages/core/src/a.ts': 'export const a: number = 1;\n',
  'packages/core/test/a.test.ts': "import '@agentbus/testkit';\nimport '@agentbus/delivery';\nimport '../src/a.ts';\n",
  'packages/delivery/package.json': manifest('delivery', { '.': './src/index.ts' }),
  'packages/delivery/src/index.ts': "export { a } from '@agentbus/core';\nimport 'node:fs';\n",
  'packages/mailbox-compat/package.json': manifest('mailbox-compat', { './formats': './src/formats/index.ts' }),
  'packages/mailbox-compat/src/formats/index.ts': "import '@agentbus/core';\nimport '@agentbus/delivery';\n",
  'apps/migrator/package.json': manifest('migrator'),
  'apps/migrator/src/main.ts': "import '@agentbus/mailbox-compat/formats';\nawait import('@agentbus/core');\n",
  'tooling/testkit/package.json': manifest('testkit', { '.': './src/index.ts' }),
  'tooling/testkit/src/index.ts': "import '@agentbus/delivery';\n",
};

function manifest(folder: string, exports?: Record<string, string>): string {
  return JSON.stringify({ name: `@agentbus/${folder}`, exports });
}

/** The findings in the sound workspace with `faults` written over it, as "path:line message". */
async function findingsWith(faults: Readonly<Record<string, string>>): Promise<string[]> {
  await using root = await temporaryDirectory();
  for (const [path, content] of Object.entries({ ...sound, ...faults })) {
    await mkdir(dirname(root.join(path)), { recursive: true });
    await writeFile(root.join(path), content);
  }
  return checkStructure(root.path).findings.map(
    ({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`} ${message}`,
  );
}

test('a sound workspace has no findings', async () => {
  expect(await findingsWith({})).toEqual([]);
});

test.for([
  ['core imports nothing of ours', 'packages/core/src/a.ts', '@agentbus/delivery', 'core does not import delivery'],
  [
    'ring 1 imports core only',
    'packages/delivery/src/index.ts',
    '@agentbus/mailbox-compat/formats',
    'it may import core',
  ],
  ['sources import no testkit', 'packages/core/src/a.ts', '@agentbus/testkit', 'core does not import tooling'],
  ['apps import no tooling', 'apps/migrator/src/main.ts', '@agentbus/testkit', 'migrator does not import tooling'],
  ['a door that exports do not offer', 'apps/migrator/src/main.ts', '@agentbus/core/src/a.ts', 'is a deep import'],
  ['a package without a main door', 'apps/migrator/src/main.ts', '@agentbus/mailbox-compat', 'exports "./formats"'],
  [
    'a path into another package',
    'packages/delivery/src/index.ts',
    '../../core/src/a.ts',
    'reaches into another package',
  ],
  [
    'a path into another package from a test',
    'packages/core/test/a.test.ts',
    '../../delivery/src/index.ts',
    'reaches into',
  ],
  ['tooling by path from a source', 'packages/core/src/a.ts', '../../../tooling/build/tsup.ts', 'reaches into'],
  ['nothing imports an app', 'packages/core/test/a.test.ts', '@agentbus/migrator/main', 'is a deep import'],
] as const)('finds an import against the rings: %s', async ([, path, specifier, message]) => {
  for (const statement of [
    `import '${specifier}';`,
    `import type { A } from '${specifier}';`,
    `export * from '${specifier}';`,
    `const a = await import('${specifier}');`,
  ]) {
    const findings = await findingsWith({ [path]: `\n${statement}\n` });
    expect(findings, statement).toEqual([expect.stringContaining(message)]);
    expect(findings[0]).toContain(`${path}:2 `);
  }
});

test('finds a package that has no ring', async () => {
  const findings = await findingsWith({ 'packages/stray/package.json': manifest('stray') });
  expect(findings).toEqual([expect.stringContaining('"stray" has no ring yet')]);
});

test('finds a cycle once, however long, type-only imports included', async () => {
  const findings = await findingsWith({
    'packages/core/src/a.ts': "import './b.ts';\nexport const a: number = 1;\n",
    'packages/core/src/b.ts': "import type { C } from './deep/c.ts';\n",
    'packages/core/src/deep/c.ts': "export { a } from '../a.ts';\n",
  });
  expect(findings).toEqual(['packages/core/src/a.ts import cycle: a.ts → b.ts → c.ts → a.ts']);
});

test('a file that leads into a cycle without being part of it is not reported', async () => {
  const findings = await findingsWith({
    'packages/core/src/a.ts': "import './b.ts';\n",
    'packages/core/src/b.ts': "import './c.ts';\n",
    'packages/core/src/c.ts': "import './b.ts';\n",
  });
  expect(findings).toEqual(['packages/core/src/b.ts import cycle: b.ts → c.ts → b.ts']);
});

test('finds a source of 301 lines and lets one of 300 and a long test pass', async () => {
  const lines = (count: number) => 'export {};\n'.repeat(count);
  expect(await findingsWith({ 'packages/core/src/b.ts': lines(300) })).toEqual([]);
  expect(await findingsWith({ 'packages/core/test/b.test.ts': lines(301) })).toEqual([]);
  expect(await findingsWith({ 'packages/core/src/b.ts': lines(301) })).toEqual([
    expect.stringContaining('packages/core/src/b.ts 301 lines'),
  ]);
});

test.for(['utils.ts', 'string-helpers.ts', 'common/a.ts', 'types.ts', 'models.ts', 'bus-manager.ts'])(
  'finds a file name that names no concept: %s',
  async (name) => {
    expect(await findingsWith({ [`packages/core/src/${name}`]: 'export {};\n' })).toEqual([
      expect.stringContaining('names no concept'),
    ]);
  },
);

test('finds a suite with full counts that the deep run would pass over', async () => {
  const suite = "import { counts, until } from '@agentbus/testkit';\n";
  expect(await findingsWith({ 'packages/core/test/log.model.test.ts': suite })).toEqual([]);
  expect(await findingsWith({ 'packages/core/test/log.test.ts': suite })).toEqual([
    expect.stringContaining('it has full counts'),
  ]);
});
