import type { OnProgress } from '../progress.ts';

/** At most one repaint in so many milliseconds: faster is not seen, and costs. */
const repaintMs = 100;

/** A line on a terminal that shows how far a run has come, and goes away at its end. */
export interface ProgressLine {
  readonly onProgress: OnProgress;
  clear(): void;
}

/** Makes a progress line on `stream`; one that does nothing where nobody watches. */
export function createProgressLine(stream: NodeJS.WriteStream): ProgressLine {
  if (!stream.isTTY) return { onProgress: () => {}, clear: () => {} };
  let paintedAt = Number.NEGATIVE_INFINITY;
  return {
    onProgress({ phase, done, total }) {
      const now = performance.now();
      if (now - paintedAt < repaintMs && done !== total) return;
      paintedAt = now;
      const unit = phase === 'importing' ? 'letters' : 'files';
      stream.write(`\r\x1b[K${phase} … ${done}${total === undefined ? '' : ` of ${total}`} ${unit}`);
    },
    clear() {
      if (paintedAt !== Number.NEGATIVE_INFINITY) stream.write('\r\x1b[K');
    },
  };
}
