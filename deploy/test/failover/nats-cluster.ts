import { startNatsCluster } from '../../../libs/testing/src/nats-server.js';
import type { Stores } from './stores.js';

/** Three nodes. They leave in turn: killed, and by the lame duck mode, of which clients hear before. */
export const natsCluster = async (how: 'kill' | 'leave'): Promise<Stores> => {
  const nodes = await startNatsCluster(3);
  let turn = 0;
  const lost = () => {
    const node = nodes[turn % nodes.length];
    if (node === undefined) throw new Error('there are three nodes');
    return node;
  };
  return {
    env: { NATS_URL: nodes.map(({ url }) => url).join(',') },
    lose: async () => {
      await lost()[how]();
      return Date.now();
    },
    mend: async () => {
      await lost().restart();
      turn += 1;
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
};
