import { startFastUpstream } from '#libs/testing';
import { TOOL_COUNT } from '../scenario.js';
import { collectWhenTold } from './garbage.js';

// The upstream's process.
const upstream = await startFastUpstream({ tools: TOOL_COUNT });
process.send?.(upstream.url);
collectWhenTold();
process.on('disconnect', () => process.exit(0));
