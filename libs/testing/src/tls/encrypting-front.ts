import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import type { Certificates } from './certificates.js';

/** `SSLRequest`: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

export interface EncryptingFront {
  readonly port: number;
  /** Connections that came without TLS, and were refused. */
  readonly refused: number;
  stop(): Promise<void>;
}

/** Speaks TLS for a PostgreSQL that has a Unix socket alone; whoever does not ask for TLS is turned away. */
export const startEncryptingFront = async (socketPath: string, files: Certificates): Promise<EncryptingFront> => {
  const texts = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const open = new Set<net.Socket>();
  let refused = 0;
  const server = net.createServer((plain) => {
    open.add(plain);
    plain.on('error', () => plain.destroy()).on('close', () => open.delete(plain));
    plain.once('data', (first) => {
      if (!first.equals(SSL_REQUEST)) {
        refused++;
        plain.destroy();
        return;
      }
      plain.write('S');
      const client = new tls.TLSSocket(plain, { isServer: true, ...texts });
      const behind = net.connect(socketPath);
      const end = (): void => {
        client.destroy();
        behind.destroy();
      };
      client.on('error', end).on('close', end);
      behind.on('error', end).on('close', end);
      client.pipe(behind).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    get refused() {
      return refused;
    },
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
