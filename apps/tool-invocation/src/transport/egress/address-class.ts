import { BlockList, isIP, isIPv4 } from 'node:net';

/** What an IP address means to a gateway that is asked to connect there. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'forbidden';

const listOf = (...subnets: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network, prefix] = subnet.split('/') as [string, string];
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return list;
};

/**
 * Never a server anybody registers: metadata services, link-local, carrier NAT, multicast, unroutable.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const forbidden = listOf(
  '0.0.0.0/8',
  '100.64.0.0/10',
  // Azure's host of virtual machines.
  '168.63.129.16/32',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  // The metadata services of AWS and Google.
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
);
const loopback = listOf('127.0.0.0/8', '::1/128');
const privateUse = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7');

/** IPv6 prefixes (in bytes) that carry an IPv4 address, and where in the 16 bytes it stands. */
const carriers: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], at: 12 },
  { prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0], at: 12 },
  { prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], at: 12 },
  { prefix: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], at: 12 },
  { prefix: [0, 0x64, 0xff, 0x9b, 0, 1], at: 12 },
  { prefix: [0x20, 0x02], at: 2 },
];

export const classifyAddress = (address: string): AddressClass => {
  const version = isIP(address);
  if (version === 0) return 'forbidden';
  if (version === 4) return classify(address, 'ipv4');
  const plain = address.split('%')[0] as string;
  if (loopback.check(plain, 'ipv6')) return 'loopback';
  const bytes = ipv6Bytes(plain);
  for (const { prefix, at } of carriers) {
    if (prefix.every((byte, index) => bytes[index] === byte))
      return classify(bytes.slice(at, at + 4).join('.'), 'ipv4');
  }
  return classify(plain, 'ipv6');
};

const classify = (address: string, family: 'ipv4' | 'ipv6'): AddressClass => {
  if (forbidden.check(address, family)) return 'forbidden';
  if (loopback.check(address, family)) return 'loopback';
  return privateUse.check(address, family) ? 'private' : 'public';
};

const ipv6Bytes = (address: string): number[] => {
  // The URL parser knows every spelling and writes one of them.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const left = groups(head);
  const right = groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
};
