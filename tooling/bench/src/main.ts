import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchConsume } from './consume.ts';
import { describeMachine } from './machine.ts';
import { benchPublish } from './publish.ts';
import type { Result } from './result.ts';
import { createScratch, type Scratch } from './scratch.ts';
import { benchWakeUp } from './wake-up.ts';
import { compareWritingPlaces } from './worker-experiment/compare.ts';
import { describe, type Report, toMarkdown } from './write-report.ts';

const usage = `npm run bench -- [NAME…] [--quick] [--write]

  publish           durable publish in groups of 100, against raw better-sqlite3
  consume           consume and ack 20,000 messages, against a raw cursor loop
  wake-up           waking an idle consumer in another process
  where-writes-run  the experiment behind docs/decisions/0003: in the caller's thread, or in a worker

Without a name: the first three. --quick measures for seconds, to see that all is in order.
--write keeps the figures in docs/benchmarks.`;

type Bench = (scratch: Scratch, quick: boolean) => Promise<Result>;

const benches: Readonly<Record<string, Bench>> = {
  publish: (scratch, quick) =>
    benchPublish(scratch, quick ? { groups: 20, rounds: 5, warmUps: 2 } : { groups: 50, rounds: 41, warmUps: 5 }),
  consume: (scratch, quick) =>
    benchConsume(scratch, { messages: 20_000, ...(quick ? { rounds: 3, warmUps: 1 } : { rounds: 25, warmUps: 3 }) }),
  'wake-up': (scratch, quick) =>
    benchWakeUp(
      scratch,
      quick ? { messages: 60, warmUps: 5, idleMs: 1_000 } : { messages: 1_000, warmUps: 50, idleMs: 10_000 },
    ),
};

const directory = fileURLToPath(new URL('../../../docs/benchmarks', import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function refuse(why: string): never {
  console.error(`${why}\n\n${usage}`);
  process.exit(2);
}

function save(name: string, markdown: string, figures: unknown): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.md`), markdown);
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(figures, undefined, 2)}\n`);
  console.error(`Written to docs/benchmarks/${name}.md and ${name}.json.`);
}

async function runBenches(names: readonly string[]): Promise<void> {
  const scratch = createScratch();
  const machine = await describeMachine(scratch.path);
  console.error(describe(machine));
  const results: Result[] = [];
  for (const name of names) {
    console.error(`Measuring ${name} …`);
    const bench = benches[name] ?? refuse(`There is no benchmark "${name}".`);
    results.push(await bench(scratch, values.quick));
  }
  const report: Report = { measuredOn: new Date().toISOString().slice(0, 10), machine, results };
  console.log(toMarkdown(report));
  if (values.write) save('results', toMarkdown(report), report);
}

async function runExperiment(): Promise<void> {
  const scratch = createScratch();
  const report = await compareWritingPlaces(scratch, values.quick);
  console.log(report.markdown);
  if (values.write) save('where-writes-run', report.markdown, report.figures);
}

if (values.help) {
  console.log(usage);
} else if (positionals.includes('where-writes-run')) {
  if (positionals.length > 1) refuse('The experiment runs alone: it takes minutes.');
  await runExperiment();
} else {
  const unknown = positionals.find((name) => benches[name] === undefined);
  if (unknown !== undefined) refuse(`There is no benchmark "${unknown}".`);
  if (values.write && (values.quick || positionals.length > 0)) {
    refuse('Only a whole run is worth keeping: --write goes with neither --quick nor names.');
  }
  await runBenches(positionals.length > 0 ? positionals : Object.keys(benches));
}
