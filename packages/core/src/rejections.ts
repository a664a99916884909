import { BusError } from './bus-error.ts';
import { canonicalJson } from './draft.ts';
import type { SubscriptionSettings, SubscriptionSpec } from './store.ts';

// The refusals that every store shares, so that they read the same whichever store is behind the bus.

/** The store holds another message under this id. */
export function idConflict(id: string): BusError {
  return new BusError(
    'id_conflict',
    `A message with id "${id}" is already stored with another topic, payload, key, priority or headers. ` +
      'An id names one message for ever: leave `id` out to get a fresh one, or publish exactly the same message again.',
  );
}

/** There is no subscription of this name. */
export function unknownSubscription(name: string, known: readonly string[]): BusError {
  const hint = known.length === 0 ? 'There are none yet.' : `There are: ${known.slice(0, 10).join(', ')}.`;
  return new BusError(
    'unknown_subscription',
    `There is no subscription "${name}". ${hint} A consumer makes its own when it starts.`,
  );
}

/** The verb came after `close()`. */
export function storeClosed(url: string): BusError {
  return new BusError('closed', `The store ${url} was closed. Open it again before using it.`);
}

/** The subscription as it stands. */
export interface StandingSubscription {
  readonly pattern: string;
  readonly settings: SubscriptionSettings;
}

/**
 * The settings that hold after `spec` was opened on a subscription that exists: those that stand, and those that are
 * new. Throws `config_conflict` when the two disagree and `update` is not set.
 */
export function agreeOnSettings(standing: StandingSubscription, spec: SubscriptionSpec): SubscriptionSettings {
  if (spec.update !== true) assertNoConflict(standing, spec);
  return { ...standing.settings, ...spec.settings };
}

function assertNoConflict(standing: StandingSubscription, spec: SubscriptionSpec): void {
  const differences: string[] = [];
  if (standing.pattern !== spec.pattern) {
    differences.push(`pattern is "${standing.pattern}", asked for "${spec.pattern}"`);
  }
  for (const [name, asked] of Object.entries(spec.settings)) {
    const stands = standing.settings[name];
    if (stands === undefined || canonicalJson(stands) === canonicalJson(asked)) continue;
    differences.push(`${name} is ${canonicalJson(stands)}, asked for ${canonicalJson(asked)}`);
  }
  if (differences.length === 0) return;
  throw new BusError(
    'config_conflict',
    `Subscription "${spec.name}" exists with another configuration: ${differences.join('; ')}. ` +
      'All consumers of one name share it. Use another name, the same configuration, or `update: true` to change it for everybody.',
  );
}
