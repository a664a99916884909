import type { Bus } from '@agentbus/core';

/**
 * Ends a subscription with everything it is owed and its dead letters. Consumers that still work it end by themselves,
 * with `unknown_subscription`. Resolves to whether there was one.
 *
 * ```ts
 * if (await removeSubscription(bus, 'retired-agent')) console.log('nobody collects its messages any more');
 * ```
 */
export async function removeSubscription(bus: Bus, name: string): Promise<boolean> {
  const { subscriptions } = await bus.store.stats();
  const standing = subscriptions.find((subscription) => subscription.name === name);
  const removed = await bus.store.removeSubscription(name);
  if (removed && standing !== undefined) {
    bus.emit({ type: 'unsubscribe', pattern: standing.pattern, subscription: name });
  }
  return removed;
}
