import { runVitest } from '../src/vitest-run.ts';

const [directory = '.', ...args] = process.argv.slice(2);
process.exitCode = await runVitest({ node: process.execPath, directory, args, env: process.env });
