import { counts } from '../src/index.ts';

process.stdout.write(String(counts(10, 1000)));
