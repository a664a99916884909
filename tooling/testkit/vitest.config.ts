import { project } from '../build/vitest.ts';

export default project('testkit');
