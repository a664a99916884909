// Checks the structure of this repository and ends with exit code 1 if anything is found.
import { join } from 'node:path';
import { checkStructure } from './structure.ts';

const { files, findings } = checkStructure(join(import.meta.dirname, '..', '..', '..'));
for (const { path, line, message } of findings)
  console.log(`${path}${line === undefined ? '' : `:${line}`} ${message}`);
console.log(`${files} files, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
