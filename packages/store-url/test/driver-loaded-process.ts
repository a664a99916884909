import { openStore } from '../src/index.ts';

const [, , url = ''] = process.argv;
const store = await openStore(url);
const report = process.report.getReport() as { readonly sharedObjects: readonly string[] };
console.log(report.sharedObjects.some((path) => path.includes('better-sqlite3')) ? 'yes' : 'no');
await store.close();
