import { ListenStreams } from './listen-streams.js';
import type { ListenResult, LoadResult, Order } from './load-job.js';
import { runLoad } from './run-load.js';

// The load generator's process: does one job after the other, as it is told by the parent.
let streams: ListenStreams | undefined;

const obey = async (order: Order): Promise<LoadResult | ListenResult> => {
  switch (order.kind) {
    case 'load':
      return runLoad(order.job);
    case 'listen-open':
      streams = new ListenStreams(order.job);
      return streams.open();
    case 'listen-hear':
      if (streams === undefined) throw new Error('no streams are open');
      return streams.hear();
    case 'listen-close':
      await streams?.close();
      streams = undefined;
      return { errors: 0, errorSamples: [] };
  }
};

process.on('message', (order: Order) => {
  obey(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
