import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `condition` returns something truthy and resolves with it.
 *
 * `what` completes the sentence "Waited 30 s until …". The deadline (`timeoutMs`, default 30 s) is generous because a
 * loaded machine is slow; a test that passes never reaches it. What the condition throws is thrown on at once.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  { timeoutMs = 30_000 }: { timeoutMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s until ${what}, in vain`);
    await delay(5);
  }
}
