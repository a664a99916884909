import { systemClock } from '@agentbus/core';
import { spawnTypeScript } from '@agentbus/testkit';
import { expect, it } from 'vitest';

it('the clock of the machine runs: forward on both counts, in milliseconds', async () => {
  const [wall, monotonic] = [systemClock.now(), systemClock.monotonic()];
  expect(Math.abs(wall - Date.now())).toBeLessThan(60_000);
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  expect(systemClock.now()).toBeGreaterThan(wall);
  expect(systemClock.monotonic()).toBeGreaterThan(monotonic);
});

it('calls back once, unless the call was undone', async () => {
  const calls: string[] = [];
  systemClock.after(0, () => calls.push('undone'))();
  await new Promise<void>((resolve) => {
    systemClock.after(-5, () => calls.push('overdue'));
    systemClock.after(5, () => {
      calls.push('due');
      resolve();
    });
  });
  expect(calls).toEqual(['overdue', 'due']);
});

it('does not call at once what is due in longer than Node can count', async () => {
  let called = false;
  const undo = systemClock.after(2 ** 40, () => {
    called = true;
  });
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  undo();
  expect(called).toBe(false);
});

it('keeps no process alive by a call to come', async () => {
  const child = spawnTypeScript(new URL('./waiting-process.ts', import.meta.url));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(0);
});

it.runIf(process.platform === 'linux')('names the boot', async () => {
  expect(systemClock.bootId).toMatch(/^[0-9a-f-]{36}$/);
});
