import { library } from '../../tooling/build/tsup.ts';

export default library({ index: 'src/index.ts', main: 'src/main.ts' });
