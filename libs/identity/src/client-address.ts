import { BlockList, isIP } from 'node:net';

/** What of an `IncomingMessage` says where it comes from. */
export interface AddressedRequest {
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
  readonly headers?: { readonly [name: string]: string | string[] | undefined } | undefined;
}

/** Whoever has one address of IPv6 has all of its /64; of IPv4 it is the address. */
export const networkOf = (address: string): string => {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head.split(':').filter((group) => group !== '');
  const last = (tail ?? '').split(':').filter((group) => group !== '');
  while (groups.length + last.length < GROUPS) groups.push('0');
  return `${[...groups, ...last].slice(0, NETWORK_GROUPS).join(':')}::/64`;
};

/** Of 16 bits: those of an address, and of a /64. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** Node has header names in lower case, and several of one name as one text. */
const FORWARDED_FOR = 'x-forwarded-for';

/** Under which it is injected how the address of a client is found. */
export const CLIENT_ADDRESS = Symbol('CLIENT_ADDRESS');

/** The address of the client that a request comes from; '' when it is not known. */
export type ClientAddress = (request: AddressedRequest) => string;

/**
 * The peer of the connection or, where that is one of the proxies, whom the last of them names in `X-Forwarded-For`:
 * from the right, the first that is no proxy. `proxies`: addresses, or networks as `10.0.0.0/8`. Throws a `RangeError`
 * that names what is neither.
 */
export const clientAddress = (proxies: readonly string[]): ClientAddress => {
  if (proxies.length === 0) return peerOf;
  const isTrusted = networkList(proxies);
  return (request) => {
    const peer = peerOf(request);
    if (!isTrusted(peer)) return peer;
    const header = request.headers?.[FORWARDED_FOR] ?? '';
    const named = String(header).split(',');
    for (const part of named.reverse()) {
      const address = plain(part.trim());
      if (isIP(address) === 0) return peer;
      if (!isTrusted(address)) return address;
    }
    return peer;
  };
};

/** Whether an address is one of these or in one of these networks. Throws a `RangeError` that names what is neither. */
export const networkList = (networks: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList();
  for (const network of networks) add(list, network);
  return (address) => holds(list, address);
};

const MAPPED = '::ffff:';

/** An IPv4 client of a socket that takes both looks like an IPv6 one. */
const plain = (address: string): string => {
  const bare = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
  return isIP(bare) === 4 ? bare : address;
};

const peerOf = ({ socket }: AddressedRequest): string => plain(socket?.remoteAddress ?? '');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const holds = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, familyOf(address));

const add = (list: BlockList, proxy: string): void => {
  const [address = '', prefix, ...rest] = proxy.split('/');
  const bits = prefix === undefined ? null : Number(prefix);
  const bitsMax = isIP(address) === 6 ? 128 : 32;
  const isRight =
    isIP(address) !== 0 && rest.length === 0 && (bits === null || (/^\d+$/.test(prefix ?? '') && bits <= bitsMax));
  if (!isRight) throw new RangeError(`"${proxy}" is neither an address nor a network such as 10.0.0.0/8`);
  if (bits === null) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, bits, familyOf(address));
};
