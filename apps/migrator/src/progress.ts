/** Told now and then how far a run has come. `total` is unknown while the tree is still being read. */
export type OnProgress = (progress: Progress) => void;

/** How far a run has come: files read or verified, letters appended. */
export interface Progress {
  readonly phase: 'reading' | 'importing' | 'verifying';
  readonly done: number;
  readonly total?: number;
}
