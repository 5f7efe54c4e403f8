import { describe, expect, it } from 'vitest';
import { isToldWay } from './peer-kind.js';

const PEER = { serverInfo: { name: 'switchyard' } };
const SERVER = { serverInfo: { name: 'weather' } };

describe('isToldWay', () => {
  it('isToldWay lets gateways alone know the way of calls when the way goes to peers', () => {
    expect(
      [PEER, { serverInfo: { name: 'ContextForge' } }, SERVER, { serverInfo: {} }].map((of) => isToldWay(of, 'peers')),
    ).toEqual([true, true, false, false]);
  });

  it('isToldWay lets every upstream know the way of calls when the way goes to all', () => {
    expect([PEER, SERVER].map((of) => isToldWay(of, 'all'))).toEqual([true, true]);
  });
});
