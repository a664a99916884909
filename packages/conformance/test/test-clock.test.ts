import { createTestClock } from '@agentbus/conformance';
import { expect, it } from 'vitest';

it('stands still until it is moved', async () => {
  const clock = createTestClock({ now: 5_000, monotonic: 70 });
  await new Promise((resolve) => setImmediate(resolve));
  expect([clock.now(), clock.monotonic()]).toEqual([5_000, 70]);
});

it('moves both clocks together, and the wall clock alone when it jumps', async () => {
  const clock = createTestClock({ now: 5_000, monotonic: 70 });
  await clock.advance(25);
  clock.jumpWall(-3_000);
  expect([clock.now(), clock.monotonic()]).toEqual([2_025, 95]);
});

it('fires timers at their own moments, in order of time and then of setting', async () => {
  const clock = createTestClock({ monotonic: 0 });
  const fired: string[] = [];
  const timer = (name: string, delayMs: number) =>
    clock.after(delayMs, () => fired.push(`${name} ${clock.monotonic()}`));
  timer('late', 30);
  timer('early', 10);
  timer('also early', 10);
  timer('beyond', 41);
  await clock.advance(40);
  expect(fired).toEqual(['early 10', 'also early 10', 'late 30']);
  expect(clock.monotonic()).toBe(40);
  expect(clock.timers).toBe(1);
});

it('fires within one move the timers that follow from timers, through promises and turns of the event loop', async () => {
  const clock = createTestClock({ monotonic: 0 });
  const fired: number[] = [];
  const again = () =>
    clock.after(10, async () => {
      fired.push(clock.monotonic());
      await Promise.resolve();
      setImmediate(again);
    });
  again();
  await clock.advance(35);
  expect(fired).toEqual([10, 20, 30]);
});

it('forgets a timer that was undone', async () => {
  const clock = createTestClock();
  const fired: string[] = [];
  const undo = clock.after(10, () => fired.push('undone'));
  undo();
  await clock.advance(10);
  expect(fired).toEqual([]);
});

it('fires a timer without delay only when moved, if only by nothing', async () => {
  const clock = createTestClock();
  const fired: string[] = [];
  clock.after(0, () => fired.push('now'));
  clock.after(-5, () => fired.push('overdue'));
  expect(fired).toEqual([]);
  await clock.advance(0);
  expect(fired).toEqual(['now', 'overdue']);
});

it('does not fire timers because the wall clock jumped', async () => {
  const clock = createTestClock();
  const fired: string[] = [];
  clock.after(1_000, () => fired.push('too early'));
  clock.jumpWall(3_600_000);
  await clock.advance(999);
  expect(fired).toEqual([]);
});

it('starts the monotonic clock again after a reboot, under another boot id and without timers', async () => {
  const clock = createTestClock({ now: 5_000 });
  clock.after(10, () => expect.unreachable('the timer belonged to the boot before'));
  clock.reboot('second');
  await clock.advance(10);
  expect([clock.bootId, clock.monotonic(), clock.now(), clock.timers]).toEqual(['second', 10, 5_010, 0]);
});

it('refuses to run backwards', async () => {
  await expect(createTestClock().advance(-1)).rejects.toThrow('jumpWall');
  await expect(createTestClock().advance(Number.NaN)).rejects.toThrow('NaN');
});
