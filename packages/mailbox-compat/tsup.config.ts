import { library } from '../../tooling/build/tsup.ts';

export default library({ formats: 'src/formats/index.ts' });
