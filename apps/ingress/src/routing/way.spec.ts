import { describe, expect, it } from 'vitest';
import { GatewayError } from '#libs/errors';
import { VIA_META } from '#libs/mcp';
import { metaOnwards } from './way.js';

const HOPS_MAX = 2;

const isToldWay = (upstreamId: string): boolean => upstreamId === 'peer';
const HERE = { catalog: { gatewayId: 'here' }, metaOfFirst: { [VIA_META]: ['here'] }, isToldWay };
const NAMELESS = { catalog: {}, metaOfFirst: undefined, isToldWay };

const onwards = (meta: { value: object; passed?: object }, catalog: object = HERE, upstreamId = 'peer') =>
  metaOnwards({ meta, catalog } as never, upstreamId, HOPS_MAX);

const refusal = (via: unknown, upstreamId?: string): GatewayError => {
  try {
    onwards({ value: { [VIA_META]: via } }, HERE, upstreamId);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('it was not refused');
};

describe('metaOnwards', () => {
  it('metaOnwards begins the way with this gateway when the call comes from a client', () => {
    expect(onwards({ value: {} })).toEqual({ [VIA_META]: ['here'] });
    expect(onwards({ value: {}, passed: { a: 1 } })).toEqual({ a: 1, [VIA_META]: ['here'] });
  });

  it('metaOnwards puts this gateway behind the others when the call comes through some', () => {
    const via = ['first', 'second'];
    expect(onwards({ value: { [VIA_META]: via }, passed: { a: 1 } })).toEqual({
      a: 1,
      [VIA_META]: ['first', 'second', 'here'],
    });
    expect(via).toEqual(['first', 'second']);
  });

  it('metaOnwards says nothing of the way when the upstream is not told', () => {
    expect(onwards({ value: {} }, HERE, 'any')).toBeUndefined();
    expect(onwards({ value: {}, passed: { a: 1 } }, HERE, 'any')).toEqual({ a: 1 });
    expect(onwards({ value: { [VIA_META]: ['first'] }, passed: { a: 1 } }, HERE, 'any')).toEqual({ a: 1 });
    expect(onwards({ value: { [VIA_META]: ['first'] } }, NAMELESS, 'any')).toBeUndefined();
  });

  it('metaOnwards passes the way on as it came when the registry does not say what the gateway goes by', () => {
    expect(onwards({ value: {} }, NAMELESS)).toBeUndefined();
    expect(onwards({ value: { [VIA_META]: ['first'] } }, NAMELESS)).toEqual({ [VIA_META]: ['first'] });
  });

  it('metaOnwards refuses a call that has been here before, and says where it went', () => {
    const { code, message, executed, data } = refusal(['first', 'here']);
    expect({ code, executed, data }).toEqual({
      code: 'upstream.loop',
      executed: 'no',
      data: { via: ['first', 'here', 'here'] },
    });
    expect(message).toMatch(/nothing has run.*"here": it went through first, here, here/);
  });

  it('metaOnwards refuses a call when it came through more gateways than are allowed', () => {
    expect(refusal(['a', 'b', 'c'])).toMatchObject({ code: 'upstream.hops_exceeded', executed: 'no' });
  });

  it('metaOnwards refuses a call by its way when the upstream is not told of it', () => {
    expect(refusal(['first', 'here'], 'any').code).toBe('upstream.loop');
    expect(refusal(['a', 'b', 'c'], 'any').code).toBe('upstream.hops_exceeded');
  });

  it.each([
    ['no list', 'first'],
    ['an id that is none', ['a b']],
    ['something that is no text', [1]],
    ['too many', Array.from({ length: 33 }, (_, at) => `g${at}`)],
  ])('refuses a way when it is %s', (_what, via) => {
    expect(refusal(via).code).toBe('mcp.params_invalid');
  });
});
