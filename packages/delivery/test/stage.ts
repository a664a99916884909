import { createTestClock, type TestClock } from '@agentbus/conformance';
import { type Bus, type BusEvent, createMemoryStore, openBus, type Store, type TopicPolicy } from '@agentbus/core';

/** A bus on the memory store whose time stands still until a test moves it. */
export interface Stage extends AsyncDisposable {
  readonly clock: TestClock;
  readonly store: Store;
  readonly bus: Bus;
  /** Everything that happened so far. */
  readonly events: BusEvent[];
  /** The events of one type. */
  eventsOf<Type extends BusEvent['type']>(type: Type): Extract<BusEvent, { type: Type }>[];
}

/** What a stage can be given. */
export interface StageOptions {
  readonly topics?: readonly TopicPolicy[];
  /** The store's clock where it is not the bus's own: moving only the store's plays a process that was stopped. */
  readonly storeClock?: TestClock;
  /** Puts something between the bus and the store, for instance a verb that fails. */
  readonly through?: (store: Store) => Store;
}

/** Opens a stage. Disposing of it stops its consumers, past their deadline if need be. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const clock = createTestClock();
  const { topics = [], storeClock = clock, through = (store) => store } = options;
  const store = through(createMemoryStore({ clock: storeClock }));
  const events: BusEvent[] = [];
  const bus = await openBus({ store, clock, topics, source: 'stage', observe: (event) => events.push(event) });
  return {
    clock,
    store,
    bus,
    events,
    eventsOf: <Type extends BusEvent['type']>(type: Type) =>
      events.filter((event): event is Extract<BusEvent, { type: Type }> => event.type === type),
    async [Symbol.asyncDispose]() {
      const closing = bus.close();
      await clock.advance(10_000);
      await closing;
    },
  };
}

/** A promise with its ends in the test's hands. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** Makes a gate that is shut. */
export function createGate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
