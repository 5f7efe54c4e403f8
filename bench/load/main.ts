import type { LoadJob } from './load-job.js';
import { runLoad } from './run-load.js';

// The load generator's process: does one job after the other, as it is told by the parent.
process.on('message', (job: LoadJob) => {
  runLoad(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
