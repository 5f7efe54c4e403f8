import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

/** What a name server says of a name: addresses, nothing at all, or that it cannot say. Without any: there is no such name. */
export type NameConduct = readonly string[] | 'silent' | 'fails';

export interface NameServer {
  /** As a resolver takes it: address and port. */
  readonly address: string;
  /** May be changed at any time. */
  readonly names: Map<string, NameConduct>;
  /** Questions so far, as `name type`. */
  readonly questions: string[];
  /** Leaves such questions unanswered, such as `a.test AAAA`. */
  mute(question: string): void;
  /** Resolves once so many questions of one kind, such as `a.test A`, have come. */
  asked(question: string, times?: number): Promise<void>;
  stop(): Promise<void>;
}

const HEADER_BYTES = 12;
const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** A name server on loopback that answers as the test wants: https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export const startNameServer = async (
  given: Readonly<Record<string, NameConduct>> = {},
  { ttlSeconds = 60 } = {},
): Promise<NameServer> => {
  const names = new Map(Object.entries(given));
  const questions: string[] = [];
  const muted = new Set<string>();
  const waiters = new Set<() => void>();
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const { name, type, end } = questionOf(query);
    const question = `${name} ${TYPES[type] ?? type}`;
    questions.push(question);
    for (const look of waiters) look();
    const conduct = names.get(name);
    if (conduct === 'silent' || muted.has(question)) return;
    const rcode = conduct === undefined ? NXDOMAIN : conduct === 'fails' ? SERVFAIL : 0;
    const addresses = Array.isArray(conduct) ? conduct : [];
    const records = addresses
      .filter((address) => TYPES[type] === (isIPv4(address) ? 'A' : 'AAAA'))
      .map((address) => recordOf(address, type, ttlSeconds));
    const head = Buffer.from(query.subarray(0, HEADER_BYTES));
    head.writeUInt16BE(0x8180 | rcode, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([head, query.subarray(HEADER_BYTES, end), ...records]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    names,
    questions,
    mute: (question) => void muted.add(question),
    asked: (question, times = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (questions.filter((each) => each === question).length < times) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
        look();
      }),
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
};

const questionOf = (query: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
};

const recordOf = (address: string, type: number, ttlSeconds: number): Buffer => {
  const data = bytesOf(address);
  const head = Buffer.alloc(HEADER_BYTES);
  // A pointer to the name of the question.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
};

const bytesOf = (address: string): Buffer => {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [left = [], right = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex');
};
