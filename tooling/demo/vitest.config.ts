import { project } from '../build/vitest.ts';

export default project('demo');
