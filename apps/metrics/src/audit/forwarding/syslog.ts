import { once } from 'node:events';
import net from 'node:net';
import { hostname } from 'node:os';
import tls from 'node:tls';
import type { ProvenRecordView, Severity } from '../audit.view.js';
import type { Destination } from './destination.js';

const PORTS = { 'tcp:': 601, 'tls:': 6514 } as const;
const PATIENCE_MS = 10_000;

/** `log audit`: https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1 */
const FACILITY = 13;
const LEVELS: Readonly<Record<Severity, number>> = { warning: 4, notice: 5, info: 6 };
const MESSAGE_ID_CHARS_MAX = 32;

/**
 * A syslog receiver, over a connection that loses nothing without a word: `tcp:` or `tls:` with counted frames
 * (RFC 5425, RFC 6587). A batch has a connection of its own, and was taken when the receiver has closed it after us.
 */
export const syslogDestination = (address: string, host = hostname()): Destination => {
  const { protocol, hostname: peer, port } = new URL(address);
  const place = { host: peer.replaceAll(/[[\]]/g, ''), port: Number(port) || PORTS[protocol as keyof typeof PORTS] };
  return {
    name: 'syslog',
    async send(records) {
      const socket =
        protocol === 'tls:'
          ? tls.connect({ ...place, ...(net.isIP(place.host) === 0 && { servername: place.host }) })
          : net.connect(place);
      const closed = once(socket, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
      // What it says is of no interest, but its end is.
      socket.resume();
      try {
        socket.end(records.map((record) => framed(messageOf(record, host))).join(''));
        await closed;
      } finally {
        socket.destroy();
      }
    },
  };
};

const framed = (message: string): string => `${Buffer.byteLength(message)} ${message}`;

/** https://www.rfc-editor.org/rfc/rfc5424#section-6 */
export const messageOf = (record: ProvenRecordView, host: string): string => {
  const priority = FACILITY * 8 + LEVELS[record.severity];
  const id = record.action.slice(0, MESSAGE_ID_CHARS_MAX);
  return `<${priority}>1 ${record.at} ${host.slice(0, 255) || '-'} switchyard ${process.pid} ${id} - \uFEFF${JSON.stringify(record)}`;
};
