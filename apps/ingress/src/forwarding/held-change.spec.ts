import { describe, expect, it } from 'vitest';
import { errorOfHeld, resultOfHeld } from './held-change.js';

const PENDING = { heldChange: 'pending' } as const;
const FAILED = '{ "content":[ {"type":"text","text":"no such argument: ]"} ], "isError":true }';

describe('the answer to a call of a tool whose change is held back', () => {
  it('an error says that an approval is pending when one is, or that there was none', () => {
    const error = { code: -32602, message: 'Invalid arguments', data: { at: 'city' } };
    expect(errorOfHeld(PENDING, error)).toMatchObject({ code: -32602, data: { at: 'city' } });
    expect(errorOfHeld(PENDING, error).message).toMatch(/^Invalid arguments \(.*pending approval/);
    expect(errorOfHeld({ heldChange: 'kept' }, error).message).toContain('was not approved');
    expect(errorOfHeld({ heldChange: null }, error)).toBe(error);
  });

  it('a result keeps its bytes and gains a last content when the tool says that it failed', () => {
    const result = resultOfHeld(PENDING, FAILED) as string;
    expect(result).toContain('"content":[ {"type":"text","text":"no such argument: ]"} ,');
    const { content, isError } = JSON.parse(result);
    expect([isError, content.length, content[1].text]).toEqual([true, 2, expect.stringContaining('pending approval')]);
    expect(JSON.parse(resultOfHeld(PENDING, '{"isError":true,"content":[]}') as string).content).toHaveLength(1);
  });

  it.each([
    ['the tool did not fail', PENDING, '{"content":[{"type":"text","text":"18 °C"}]}'],
    ['there is nothing held back', { heldChange: null }, FAILED],
    ['it has no contents', PENDING, '{"isError":true}'],
  ] as const)('a result is as it came when %s', (_when, held, body) => {
    expect(resultOfHeld(held, body)).toBe(body);
  });
});
