import { describe, expect, it } from 'vitest';
import { clientAddress, networkOf } from './client-address.js';

const from = (remoteAddress: string | undefined, forwarded?: string | string[]) => ({
  socket: { remoteAddress },
  headers: { 'x-forwarded-for': forwarded },
});

describe('the address of a client', () => {
  it('a client has the address of its connection, whatever a header says, where no proxy is trusted', () => {
    const addressOf = clientAddress([]);
    expect(addressOf(from('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9');
    expect(addressOf(from('::ffff:203.0.113.9'))).toBe('203.0.113.9');
    expect([addressOf(from(undefined)), addressOf({})]).toEqual(['', '']);
  });

  it('a client has the address that a trusted proxy names, and not what it wrote itself before it', () => {
    const addressOf = clientAddress(['10.0.0.0/8', '2001:db8::7']);
    expect(addressOf(from('10.1.2.3', '203.0.113.9'))).toBe('203.0.113.9');
    expect(addressOf(from('::ffff:10.1.2.3', '198.51.100.1, 203.0.113.9, 10.9.9.9'))).toBe('203.0.113.9');
    expect(addressOf(from('2001:db8::7', '2001:db8::99'))).toBe('2001:db8::99');
    expect(addressOf(from('192.0.2.1', '203.0.113.9'))).toBe('192.0.2.1');
  });

  it('a client has the address of the proxy when that names nobody, or something that is no address', () => {
    const addressOf = clientAddress(['10.0.0.0/8']);
    for (const header of [undefined, '', 'unknown', '203.0.113.9, evil', '10.0.0.4'])
      expect(addressOf(from('10.1.2.3', header)), String(header)).toBe('10.1.2.3');
  });

  it('clients of one IPv6 network of 64 bits are one, clients of IPv4 one each', () => {
    expect(
      ['2001:db8:0:1::7', '2001:db8:0:1:ffff::1', '2001:db8:0:2::7', '::1', '203.0.113.9', ''].map(networkOf),
    ).toEqual(['2001:db8:0:1::/64', '2001:db8:0:1::/64', '2001:db8:0:2::/64', '0:0:0:0::/64', '203.0.113.9', '']);
  });

  it('a proxy that is neither an address nor a network is refused by name', () => {
    for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', ''])
      expect(() => clientAddress([wrong]), wrong).toThrow(`"${wrong}"`);
  });
});
