import { type AgentOrders, maxAttempts, type TimelineStep } from './agent-orders.ts';
import { harmless, milliseconds, type Screen, timeOfDay } from './screen.ts';

/** Writes one line for each thing that happens, as it happens. */
export interface Timeline {
  /** Something that an agent did to a letter. */
  step(step: TimelineStep): void;
  /** Anything else. */
  note(who: string, text: string): void;
}

/** Makes a timeline with a column for the names of these agents. */
export function createTimeline(cast: readonly AgentOrders[], screen: Screen): Timeline {
  const { paint } = screen;
  const width = Math.max(...cast.map(({ agent }) => [...harmless(agent, 20)].length), 4);

  function write(at: number, who: string, mark: string, text: string): void {
    const name = harmless(who, 20);
    const column = name + ' '.repeat(Math.max(0, width - [...name].length));
    screen.line(`${paint.quiet(timeOfDay(at))}  ${column}  ${mark} ${text}`);
  }

  return {
    step({ at, agent, outcome, attempt, delayMs, reason, letter, sender }) {
      const tried = `attempt ${attempt} of ${maxAttempts}`;
      const why = harmless(reason, 48);
      if (outcome === 'retry') {
        write(at, agent, paint.warning('↻'), `${letter} ${tried} failed: ${why}; again in ${milliseconds(delayMs)}`);
      } else if (outcome === 'dead') {
        write(at, agent, paint.bad('✗'), `${letter} ${tried} failed: ${why}; now a dead letter`);
      } else {
        const how = attempt === 1 ? `from ${harmless(sender, 24)}` : `${tried} succeeded`;
        write(at, agent, paint.good('✓'), `${letter} ${how}`);
      }
    },
    note: (who, text) => write(Date.now(), who, paint.quiet('·'), text),
  };
}
