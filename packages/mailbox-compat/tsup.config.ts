import { library } from '../../tooling/build/tsup.ts';

export default library({ index: 'src/index.ts', formats: 'src/formats/index.ts' });
