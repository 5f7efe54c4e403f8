import { internals } from './internals.js';
import { objectives } from './objectives.js';
import { overview } from './overview.js';
import { tool } from './tool.js';
import { upstream } from './upstream.js';

/** By the name of the file in `deploy/grafana` that `npm run docs` writes. */
export const dashboards = { overview, upstream, tool, internals, objectives };
