export { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
export { until } from './until.ts';
export { spawnTypeScript, typeScriptArgs } from './spawn-typescript.ts';
export { counts, isDeepRun } from './counts.ts';
export { type Absent, describeLeftOut, type LeftOut, leftOut } from './left-out.ts';
