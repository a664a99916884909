// npm test, and npm run test:deep: every suite of the workspace. Arguments are vitest's: `npm test -- packages/core`.
import { join } from 'node:path';
import { runVitest } from './vitest-run.ts';

const deep = process.argv.includes('--deep');
process.exitCode = await runVitest({
  node: process.execPath,
  directory: join(import.meta.dirname, '..', '..', '..'),
  args: process.argv.slice(2).filter((argument) => argument !== '--deep'),
  env: { ...process.env, AGENTBUS_TEST_COUNTS: deep ? 'full' : 'everyday' },
});
