import { once } from 'node:events';
import net from 'node:net';
import { Transform } from 'node:stream';

export interface StallingProxy {
  readonly port: number;
  /** How many connections it has taken so far. */
  readonly taken: number;
  /**
   * From now on nothing passes on the connections there are, and nobody is told: as when a firewall forgets them. `forGood`:
   * nor on new ones.
   */
  stall(options?: { readonly forGood?: boolean }): void;
  /** New connections are served again; those that were not end. */
  restore(): void;
  /** From now on everything comes so much later, in milliseconds. */
  delay(ms: number): void;
  /** Every connection ends at once. */
  cut(): void;
  stop(): Promise<void>;
}

/** A TCP port in front of a server whose connections a test can make go silent. */
export const startStallingProxy = async (target: net.NetConnectOpts): Promise<StallingProxy> => {
  const pairs = new Set<[net.Socket, net.Socket]>();
  let isSilent = false;
  let delayMs = 0;
  let taken = 0;
  /** What comes later never overtakes. */
  const late = (): Transform =>
    new Transform({
      transform: (chunk, _encoding, pass) => {
        if (delayMs === 0) pass(null, chunk);
        else setTimeout(pass, delayMs, null, chunk);
      },
    });
  const server = net.createServer((near) => {
    taken += 1;
    const far = net.connect(target);
    const pair: [net.Socket, net.Socket] = [near, far];
    pairs.add(pair);
    if (!isSilent) {
      near.pipe(late()).pipe(far);
      far.pipe(late()).pipe(near);
    }
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const other of pair) other.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    get taken() {
      return taken;
    },
    stall: ({ forGood = false } = {}) => {
      isSilent = forGood;
      for (const [near, far] of pairs) {
        near.unpipe();
        far.unpipe();
        near.pause();
        far.pause();
      }
    },
    restore: () => {
      isSilent = false;
      cut();
    },
    delay: (ms) => {
      delayMs = ms;
    },
    cut,
    stop: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
};
