#!/usr/bin/env node
import { runCommandLine } from './cli.ts';

// Whoever reads our output may stop early, as `head` does. That is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCommandLine(process.argv.slice(2), process);
