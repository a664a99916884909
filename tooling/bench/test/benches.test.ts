import { describe, expect, it } from 'vitest';
import { benchConsume } from '../src/consume.ts';
import { describeMachine } from '../src/machine.ts';
import { benchPublish } from '../src/publish.ts';
import type { Result } from '../src/result.ts';
import { createScratch } from '../src/scratch.ts';
import { toMarkdown } from '../src/write-report.ts';

const scratch = createScratch();

function expectPositive({ figures }: Result): void {
  for (const { median, label } of figures) expect(median, label).toBeGreaterThan(0);
}

describe('the benchmarks', () => {
  it('measure publishing', async () => {
    expectPositive(await benchPublish(scratch, { groups: 2, rounds: 1, warmUps: 0 }));
  });

  it('measure consuming, and make sure that everything was consumed', async () => {
    expectPositive(await benchConsume(scratch, { messages: 1_500, rounds: 2, warmUps: 0 }));
  });

  it('say on what machine they ran, and whether targets were met', async () => {
    const machine = await describeMachine(scratch.path);
    const met = { what: 'speed', wanted: 'at least', bound: 0.6, value: 0.7, unit: '', met: true } as const;
    const missed = { what: 'delay', wanted: 'below', bound: 1, value: 2, unit: 'ms', met: false } as const;
    const result = { name: 'x', title: 'Title', method: 'How.', figures: [], targets: [met, missed] };
    const markdown = toMarkdown({ measuredOn: '2026-01-01', machine, results: [result] });
    expect(markdown).toContain(`Node ${process.versions.node}`);
    expect(markdown).toContain('- speed: **0.70**, wanted at least 0.6: met');
    expect(markdown).toContain('- delay: **2.00 ms**, wanted below 1 ms: **missed**');
  });
});
