import { describe, expect, it, vi } from 'vitest';
import { FILTER_LIMITS, FilterFailed, JsonFilters } from '#libs/jq';

/** Of the time that a filter may take a machine that stands still leaves nothing. */
const LIMITS = { ...FILTER_LIMITS, runMsMax: 60_000, waitMsMax: 60_000 };
const filters = new JsonFilters(LIMITS);

describe('JsonFilters', () => {
  it.each([
    ['.items[].id', '{"items":[{"id":1},{"id":2}]}', '[1,2]'],
    ['.id', '{"id":12345678901234567890}', '[12345678901234567890]'],
    ['.text', '{"text":"a\\nb, ü"}', '["a\\nb, ü"]'],
    ['empty', '{}', '[]'],
    ['-.a', '{"a":1}', '[-1]'],
    ['"out", debug, (stderr | empty)', '1', '["out",1]'],
  ])('JsonFilters make of %s all its outputs in one array', async (filter, json, made) => {
    expect(await filters.apply(filter, json)).toBe(made);
  });

  it.each([
    ['.a[', 'syntax error'],
    ['nobody(1)', 'nobody/1 is not defined'],
    ['include "x"; .', 'module not found'],
    ['# nothing', 'Top-level program not given'],
  ])('JsonFilters tell what is wrong with %s before it runs', async (filter, problem) => {
    await expect(filters.check(filter)).rejects.toThrow(problem);
  });

  it('JsonFilters check a filter without running it', async () => {
    await expect(filters.check('range(1e12) | empty')).resolves.toBeUndefined();
  });

  it.each([
    ['.a + 1', '{"a":"secret"}', 'The answer does not fit the filter of the tool'],
    ['error(.a)', '{"a":"secret"}', 'The answer does not fit the filter of the tool'],
    ['.a[]', '{"a":null}', 'The answer does not fit the filter of the tool: Cannot iterate over null'],
  ])('JsonFilters say of %s that it failed, and nothing of the answer', async (filter, json, message) => {
    const failed = await filters.apply(filter, json).catch((error: unknown) => error as Error);
    expect(failed).toBeInstanceOf(FilterFailed);
    expect((failed as Error).message).toBe(message);
  });

  it('JsonFilters end a filter that takes too long, and run those behind it', async () => {
    const short = new JsonFilters({ ...LIMITS, runMsMax: 3_000, threadsMax: 1 });
    const endless = short.apply('range(1e12) | empty', '1');
    const behind = short.apply('.', '2');
    await expect(endless).rejects.toThrow('took longer than 3000 ms');
    expect(await behind).toBe('[2]');
  });

  it('JsonFilters end a filter that takes too much memory, and run the next one', async () => {
    await expect(filters.apply('"x" * 1e9 | length', '1')).rejects.toThrow('too much memory');
    expect(await filters.apply('.', '3')).toBe('[3]');
  });

  it('JsonFilters refuse more than may wait', async () => {
    const full = new JsonFilters({ ...LIMITS, threadsMax: 1, waitingMax: 1 });
    const first = full.apply('.', '1');
    await expect(full.apply('.', '2')).rejects.toThrow('Too many');
    expect(await first).toBe('[1]');
  });

  it('JsonFilters let nothing wait for ever', async () => {
    const slow = new JsonFilters({ ...FILTER_LIMITS, threadsMax: 1, waitMsMax: 300 });
    // Its thread has started, however long that takes, so that the next filter has it at once.
    await vi.waitFor(() => slow.apply('.', '0'));
    void slow.apply('range(1e12) | empty', '1').catch(() => {});
    await expect(slow.apply('.', '2')).rejects.toThrow('waited longer than 300 ms');
  });
});
