import type { Finding, SourceFile } from './source-file.ts';

const maxLines = 300;
const emptyName = /(^|-)(utils|helpers|common|types|models|manager)$/;
const importsCounts = /^import \{[^}]*\bcounts\b[^}]*\} from '@agentbus\/testkit'/m;
const deepName = /\.(model|fuzz|chaos)\.test\.ts$/;

/** Finds files that are too long, that are named after no concept, or that the deep test run would not find. */
export function findFileRuleViolations(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => [...violations(file)].map((message) => ({ path: file.path, message })));
}

function* violations({ path, text }: SourceFile): Generator<string> {
  const [, , ...inside] = path.split('/');
  const isTest = inside[0] === 'test';
  const lines = text.trimEnd().split('\n').length;
  if (!isTest && lines > maxLines) yield `${lines} lines, and ${maxLines} is the limit: perhaps it holds two concepts`;
  for (const part of inside) {
    const stem = part.replace(/\..*$/, '');
    if (emptyName.test(stem)) yield `"${stem}" names no concept: name it after what it holds`;
  }
  if (path.endsWith('.test.ts') && importsCounts.test(text) && !deepName.test(path)) {
    yield 'it has full counts, but the deep run takes only *.model.test.ts, *.fuzz.test.ts and *.chaos.test.ts';
  }
}
