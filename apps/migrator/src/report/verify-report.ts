import type { Problem, VerifyReport } from '../verify/verify-import.ts';
import type { Paint } from './paint.ts';
import { count } from './summary-report.ts';
import { type Row, table } from './table.ts';
import { visible } from './visible.ts';

/** At most so many problems are listed; `--json` has them all. */
const listed = 50;

/** The result of `verify` as a person reads it. `next` is the command that imports what is missing. */
export function verifyReport(report: VerifyReport, next: string, paint: Paint): string {
  const { root, store, files, entries, problems, elapsedMs } = report;
  const counts: Row[] = [
    ['files', files.total, `${files.read} read, ${files.ignored} ignored`],
    ['entries', entries.total, ''],
    ['verified', entries.verified, 'on the bus with all that they say'],
    ['quarantined', entries.quarantined, 'on the bus byte for byte'],
    ['missing', entries.missing, ''],
    ['altered', entries.altered, ''],
  ];
  const verdict =
    problems.length === 0
      ? paint.good(
          `Everything is proved: ${count(entries.total, 'entry', 'entries')} in ${(elapsedMs / 1000).toFixed(1)} s.`,
        )
      : paint.bad(`Not everything is proved: ${count(problems.length, 'problem')}.`);
  return [
    paint.heading(`${visible(root)} against ${visible(store)}`),
    '',
    ...table(counts),
    '',
    verdict,
    ...table(problems.slice(0, listed).map((problem) => [placeOf(problem), visible(problem.problem)])),
    ...(problems.length > listed ? [`  … and ${problems.length - listed} more; --json lists them all`] : []),
    ...nextStep(report, next, paint),
    '',
  ].join('\n');
}

/** An import adds what is missing; nothing repairs what was altered but a person who looks at it. */
function nextStep({ problems, entries }: VerifyReport, next: string, paint: Paint): string[] {
  if (problems.length === 0) return ['The agents can take their mail from the bus now.'];
  return entries.missing > 0 ? ['', paint.heading('Next'), `  ${next}`] : [];
}

function placeOf({ path, entry }: Problem): string {
  return entry === undefined ? visible(path) : `${visible(path)} #${entry}`;
}
