import type { Claim, ClaimRequest, Lease, Outcome, SettleResult, Store, SubscriptionStats } from '@agentbus/core';

/** The lease that tests take unless they say otherwise. */
export const leaseMs = 30_000;

/** Opens a subscription from all. */
export async function subscribe(store: Store, name: string, pattern = '>'): Promise<void> {
  await store.openSubscription({ name, pattern, from: 'all', settings: {} });
}

/** Claims up to 100 for an idle consumer. */
export function claim(store: Store, subscription: string, fields: Partial<ClaimRequest> = {}): Promise<Claim> {
  return store.claim({ subscription, consumer: 'test', limit: 100, leaseMs, idle: true, ...fields });
}

/** A claim that has to find something. */
export async function lease(store: Store, subscription: string, fields: Partial<ClaimRequest> = {}): Promise<Lease> {
  const { lease: found } = await claim(store, subscription, fields);
  if (found === undefined) throw new Error(`"${subscription}" is owed something, but the claim found nothing`);
  return found;
}

/** Settles all deliveries of a lease alike. */
export function settle(
  store: Store,
  { token, deliveries }: Lease,
  outcome: Outcome = { kind: 'ack' },
): Promise<readonly SettleResult[]> {
  return store.settle(deliveries.map(({ seq }) => ({ token, seq, outcome })));
}

/** The ids of a lease's messages, in order. */
export function idsOf(found: Lease | undefined): string[] {
  return found?.deliveries.map(({ record }) => record.id) ?? [];
}

/** Claims and acks until nothing is left, and returns the ids in the order in which they came. */
export async function drain(store: Store, subscription: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { lease: found, nextDueInMs } = await claim(store, subscription);
    if (found === undefined && nextDueInMs !== 0) return ids;
    if (found === undefined) continue;
    ids.push(...idsOf(found));
    await settle(store, found);
  }
}

/** The figures of one subscription. */
export async function statsOf(store: Store, name: string): Promise<SubscriptionStats> {
  const found = (await store.stats()).subscriptions.find((subscription) => subscription.name === name);
  if (found === undefined) throw new Error(`The stats do not mention "${name}"`);
  return found;
}
