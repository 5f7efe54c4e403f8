import net from 'node:net';

/** Below the ports that the system gives to outgoing connections, which take one at any moment. */
const FIRST = 10_000;
const SLOTS = 20;
const SLOT_PORTS = 1_000;

/** Each of the processes that test at once has ports of its own, so that none takes what another is about to open. */
const slot = Number(process.env['VITEST_POOL_ID'] ?? process.pid) % SLOTS;
let next = Math.floor(Math.random() * SLOT_PORTS);

/** A TCP port on 127.0.0.1 that nobody listens on now, and that is not given out again soon. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < SLOT_PORTS; tries++) {
    const port = FIRST + slot * SLOT_PORTS + next;
    next = (next + 1) % SLOT_PORTS;
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
