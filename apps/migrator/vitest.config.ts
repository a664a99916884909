import { project } from '../../tooling/build/vitest.ts';

export default project('migrator');
