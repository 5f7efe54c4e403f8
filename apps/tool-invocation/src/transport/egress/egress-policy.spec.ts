import { describe, expect, it } from 'vitest';
import { startNameServer } from '#libs/testing';
import { classifyAddress } from './address-class.js';
import { EgressPolicy } from './egress-policy.js';
import { type NameResolver, NameTooSlow } from './names/name-resolver.js';

const rules = { enabled: true, allowLocalhost: false, allowPrivate: false, nameServers: [] };
const strict = new EgressPolicy(rules);
const laptop = new EgressPolicy({ ...rules, allowLocalhost: true });
const office = new EgressPolicy({ ...rules, allowLocalhost: true, allowPrivate: true });
const off = new EgressPolicy({ ...rules, enabled: false });

const resolved = (policy: EgressPolicy, host: string) =>
  new Promise<unknown>((resolve) =>
    policy.lookup(host, { all: true }, (error, addresses) => resolve(error ?? addresses)),
  );

describe('classifyAddress', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1:248:1893:25c8:1946', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['0.0.0.0', 'forbidden'],
    ['::', 'forbidden'],
    ['169.254.169.254', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['::ffff:a9fe:a9fe', 'forbidden'],
    ['::169.254.169.254', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['2002:7f00:1::', 'loopback'],
    ['fd00:ec2::254', 'forbidden'],
    ['100.64.0.1', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['ff02::1', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['198.18.0.1', 'forbidden'],
    ['::ffff:0:169.254.169.254', 'forbidden'],
    ['::ffff:0:7f00:1', 'loopback'],
    ['168.63.129.16', 'forbidden'],
    ['168.63.129.17', 'public'],
    ['192.88.99.1', 'forbidden'],
    ['2001:2::1', 'forbidden'],
    ['2001:20::1', 'forbidden'],
    ['2001:200::1', 'public'],
    ['3fff::1', 'forbidden'],
    ['5f00::1', 'forbidden'],
    ['fd20:ce::254', 'forbidden'],
    ['fd20:ce::255', 'private'],
    ['not an address', 'forbidden'],
  ])('classifyAddress tells the class of an address when it is given one: %s is %s', (address, kind) => {
    expect(classifyAddress(address)).toBe(kind);
  });
});

describe('EgressPolicy', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://①⑥⑨.254.169.254/',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[fe80::1]/',
    'http://metadata.google.internal/computeMetadata',
    'http://metadata.google.internal./',
    'http://0/',
    'http://0.0.0.0:8080/',
    'http://user:pass@example.com/',
    'http://example.com:6379/',
    'http://example.com:22/',
    'http://127.0.0.1:4222/',
    'http://127.0.0.1:2379/',
    'http://127.0.0.1:2181/',
    'https://example.com:6443/',
    'http://example.com:8500/',
    'http://example.com:9092/',
    'https://example.com:10250/',
    'http://10.0.0.1/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'data:text/plain,x',
    'javascript:alert(1)',
    'example.com',
    '',
  ])('EgressPolicy refuses a URL when it leads to a forbidden address: %s', (url) => {
    expect(() => laptop.parse(url)).toThrow(expect.objectContaining({ code: 'upstream.refused', executed: 'no' }));
  });

  it.each(['http://127.0.0.1:3000/mcp', 'http://[::1]:3000/mcp', 'http://2130706433:3000/', 'http://0x7f.1:3000/'])(
    'EgressPolicy allows a loopback URL when localhost is allowed: %s',
    (url) => {
      expect(laptop.parse(url).hostname).toMatch(/^(127\.0\.0\.1|\[::1\])$/);
      expect(() => strict.parse(url)).toThrow('not allowed');
    },
  );

  it('EgressPolicy allows private networks when they are allowed, and metadata services never', () => {
    expect(office.parse('https://192.168.1.10/mcp').host).toBe('192.168.1.10');
    expect(() => office.parse('http://169.254.169.254/')).toThrow('not allowed');
  });

  it('EgressPolicy judges a name by its addresses when it is dialled', async () => {
    expect(strict.parse('http://localhost:3000/').hostname).toBe('localhost');
    await expect(resolved(strict, 'localhost')).resolves.toMatchObject({ code: 'upstream.refused' });
    await expect(resolved(laptop, 'localhost')).resolves.toEqual(
      expect.arrayContaining([expect.objectContaining({ address: '127.0.0.1' })]),
    );
    await expect(resolved(laptop, 'no-such-host.invalid')).resolves.toMatchObject({
      code: 'upstream.unreachable',
      executed: 'no',
    });
  });

  it('EgressPolicy dials what it has checked, and asks again only when the answer is old', async () => {
    const server = await startNameServer({ 'turncoat.test': ['93.184.216.34'] });
    const policy = new EgressPolicy({ ...rules, nameServers: [server.address] });
    try {
      await expect(resolved(policy, 'turncoat.test')).resolves.toEqual([{ address: '93.184.216.34', family: 4 }]);
      server.names.set('turncoat.test', ['127.0.0.1']);
      await expect(resolved(policy, 'turncoat.test')).resolves.toEqual([{ address: '93.184.216.34', family: 4 }]);
      expect(server.questions.filter((question) => question === 'turncoat.test A')).toHaveLength(1);
    } finally {
      await server.stop();
    }
  });

  it('EgressPolicy refuses a name when one of its addresses, of either family, is not allowed', async () => {
    const server = await startNameServer({
      'mixed.test': ['93.184.216.34', '169.254.169.254'],
      'mapped.test': ['93.184.216.34', '::ffff:a9fe:a9fe'],
      'inside.test': ['10.0.0.1'],
    });
    const policy = new EgressPolicy({ ...rules, nameServers: [server.address] });
    try {
      for (const name of server.names.keys())
        await expect(resolved(policy, name)).resolves.toMatchObject({ code: 'upstream.refused', executed: 'no' });
    } finally {
      await server.stop();
    }
  });

  it('EgressPolicy for strangers leads to the internet alone, whatever upstreams may be reached', () => {
    for (const policy of [office, off]) {
      expect(() => policy.forStrangers().parse('http://127.0.0.1:3000/')).toThrow('not allowed');
      expect(() => policy.forStrangers().parse('https://192.168.1.10/token')).toThrow('not allowed');
    }
  });

  it('EgressPolicy counts an upstream as on the internet when one of its addresses is, or it has none', async () => {
    const server = await startNameServer({ 'mixed.test': ['10.0.0.1', '93.184.216.34'], 'inside.test': ['10.0.0.1'] });
    const policy = new EgressPolicy({ ...rules, nameServers: [server.address] });
    try {
      for (const host of ['93.184.216.34', 'mixed.test', 'nowhere.test', '[::ffff:93.184.216.34]'])
        expect([host, await policy.isPublic(`https://${host}/mcp`)]).toEqual([host, true]);
      for (const host of ['127.0.0.1:3000', '[::1]', '10.0.0.1', 'inside.test'])
        expect([host, await policy.isPublic(`http://${host}/mcp`)]).toEqual([host, false]);
    } finally {
      await server.stop();
    }
  });

  it('EgressPolicy checks only the form of a URL when it is switched off', () => {
    expect(off.parse('http://169.254.169.254/').hostname).toBe('169.254.169.254');
    expect(() => off.parse('file:///etc/passwd')).toThrow('neither http nor https');
  });
});

it('EgressPolicy tells a name that took too long from one that does not resolve', async () => {
  const failing = (error: Error) =>
    new EgressPolicy(rules, { resolve: () => Promise.reject(error) } as unknown as NameResolver);
  expect(await resolved(failing(new NameTooSlow('late')), 'slow.example')).toMatchObject({
    code: 'upstream.unreachable',
    message: expect.stringContaining('took too long to resolve'),
  });
  expect(await resolved(failing(new Error('gone')), 'slow.example')).toMatchObject({
    code: 'upstream.unreachable',
    message: expect.stringContaining('does not resolve'),
  });
});
