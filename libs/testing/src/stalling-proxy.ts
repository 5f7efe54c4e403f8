import { once } from 'node:events';
import net from 'node:net';

export interface StallingProxy {
  readonly port: number;
  /**
   * From now on nothing passes on the connections there are, and nobody is told: as when a firewall forgets them. `forGood`:
   * nor on new ones.
   */
  stall(options?: { readonly forGood?: boolean }): void;
  /** Every connection ends at once. */
  cut(): void;
  stop(): Promise<void>;
}

/** A TCP port in front of a server whose connections a test can make go silent. */
export const startStallingProxy = async (target: net.NetConnectOpts): Promise<StallingProxy> => {
  const pairs = new Set<[net.Socket, net.Socket]>();
  let isSilent = false;
  const server = net.createServer((near) => {
    const far = net.connect(target);
    const pair: [net.Socket, net.Socket] = [near, far];
    pairs.add(pair);
    if (!isSilent) near.pipe(far).pipe(near);
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
    stall: ({ forGood = false } = {}) => {
      isSilent = forGood;
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
    cut,
    stop: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
};
