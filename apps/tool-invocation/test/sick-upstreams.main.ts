import { startSickUpstreams } from '#libs/testing';

// In a process of its own, so that what the upstreams do is not counted as what their calls cost.
const { urls } = await startSickUpstreams();
process.send?.(urls);
process.once('disconnect', () => process.exit());
