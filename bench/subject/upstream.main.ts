import { startFastUpstream } from '#libs/testing';
import { TOOL_COUNT } from '../scenario.js';
import { obeyWhenTold } from './garbage.js';

// The upstream's process, with as many tools as it is told.
const upstream = await startFastUpstream({ tools: Number(process.argv[2] ?? TOOL_COUNT) });
process.send?.(upstream.url);
obeyWhenTold();
process.on('disconnect', () => process.exit(0));
