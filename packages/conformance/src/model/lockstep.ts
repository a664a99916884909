import assert from 'node:assert/strict';
import { BusError, type Store } from '@agentbus/core';

/** The two that are asked: 0 is the store on trial, 1 the reference. */
type Side = 0 | 1;

/** What a verb said, be it no. */
type Answer<Result> = { readonly result: Result } | { readonly refused: string };

/** A store and its reference, of which the same is asked and the same expected (I13). */
export interface Lockstep {
  /** The store on trial. */
  readonly system: Store;
  /** The data of the store was opened again: from now on this one is asked. */
  replace(system: Store): void;
  /** Does the same to both where there is nothing to answer. */
  each(verb: (store: Store, side: Side) => void): void;
  /**
   * Asks both, and returns what the store on trial said once it is sure that the reference says the same. `comparable`
   * takes away what may differ.
   */
  ask<Result>(
    verb: (store: Store, side: Side) => Promise<Result>,
    comparable?: (result: Result) => unknown,
  ): Promise<Answer<Result>>;
}

/** Puts two stores side by side. */
export function createLockstep(first: Store, reference: Store): Lockstep {
  let system = first;
  return {
    get system() {
      return system;
    },
    replace(next) {
      system = next;
    },
    each(verb) {
      verb(system, 0);
      verb(reference, 1);
    },
    async ask(verb, comparable = (result) => result) {
      const said = await answer(() => verb(system, 0));
      const expected = await answer(() => verb(reference, 1));
      const compare = (one: typeof said): unknown => ('refused' in one ? one : comparable(one.result));
      assert.deepEqual(compare(said), compare(expected), 'the store and the reference say the same');
      return said;
    },
  };
}

async function answer<Result>(verb: () => Promise<Result>): Promise<Answer<Result>> {
  try {
    return { result: await verb() };
  } catch (error) {
    if (error instanceof BusError) return { refused: error.code };
    throw error;
  }
}

/** Where the log has its gaps is a store's own business, so only the order of messages is compared. */
export function withoutSeq<Message extends { readonly seq: number }>(
  messages: readonly Message[],
): Omit<Message, 'seq'>[] {
  return messages.map(({ seq: _, ...message }) => message);
}
