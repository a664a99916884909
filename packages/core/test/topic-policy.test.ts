import { checkSchema, defaultMaxPayloadBytes, defineTopic, openBus, type StandardSchema } from '@agentbus/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

describe('a topic policy', () => {
  it('is durable, takes any JSON and a mebibyte unless told otherwise', () => {
    expect(defineTopic('agents.*.inbox')).toEqual({
      pattern: 'agents.*.inbox',
      schema: undefined,
      durable: true,
      maxPayloadBytes: defaultMaxPayloadBytes,
    });
    expect(defaultMaxPayloadBytes).toBe(1_048_576);
  });

  it('is refused for an illegal pattern or limit', () => {
    expect(() => defineTopic('agents..inbox')).toThrow(expect.objectContaining({ code: 'invalid_pattern' }));
    for (const maxPayloadBytes of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => defineTopic('a', { maxPayloadBytes })).toThrow(
        expect.objectContaining({ code: 'invalid_option', message: expect.stringContaining('maxPayloadBytes of "a"') }),
      );
    }
  });

  it('holds when it is the first that matches, and the default where none does', async () => {
    const narrow = defineTopic('agents.planner.*', { maxPayloadBytes: 10 });
    const wide = defineTopic('agents.>', { durable: false });
    await using bus = await openBus({ topics: [narrow, wide] });
    expect(bus.policyFor('agents.planner.inbox')).toBe(narrow);
    expect(bus.policyFor('agents.coder.inbox')).toBe(wide);
    expect(bus.policyFor('other')).toEqual(defineTopic('>'));
  });

  it('keeps the status of the bus off the disk unless told otherwise', async () => {
    await using bus = await openBus();
    expect(bus.policyFor('system.bus.status').durable).toBe(false);
    expect(bus.policyFor('system.error').durable).toBe(true);
    await using told = await openBus({ topics: [defineTopic('system.>')] });
    expect(told.policyFor('system.bus.status').durable).toBe(true);
  });
});

describe('a schema', () => {
  const task = z.object({ task: z.string(), steps: z.array(z.object({ minutes: z.number() })).default([]) });

  it('lets a payload pass that fits', async () => {
    expect(await checkSchema(task, { task: 'write tests' }, 'jobs')).toEqual({ task: 'write tests', steps: [] });
  });

  it('refuses one that does not, with place and text of the faults', async () => {
    await expect(
      checkSchema(task, { task: 1, steps: [{ minutes: 1 }, { minutes: 'x' }] }, 'jobs'),
    ).rejects.toMatchObject({
      code: 'invalid_payload',
      message: expect.stringMatching(/topic "jobs": task: .*string.*; steps\.1\.minutes: .*number/),
    });
  });

  it('names the first three faults of many', async () => {
    const schema: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({
          issues: [
            { message: 'no path' },
            { message: 'a key', path: ['a', { key: 'b' }, 0] },
            { message: 'third' },
            { message: 'fourth' },
          ],
        }),
      },
    };
    await expect(checkSchema(schema, 1, 'jobs')).rejects.toThrow(/: no path; a\.b\.0: a key; third$/);
  });

  it('may take its time', async () => {
    const slow = z.string().refine(async (text) => text !== 'no', 'is "no"');
    expect(await checkSchema(slow, 'yes', 'jobs')).toBe('yes');
    await expect(checkSchema(slow, 'no', 'jobs')).rejects.toThrow('is "no"');
  });
});
