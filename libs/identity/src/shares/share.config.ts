import { type ConfigOf, integer } from '#libs/config';
import type { ShareSettings } from './call-shares.js';

const NONE = '0: no limit.';
const EVERYWHERE = 'over all replicas that share a Redis';

/** The settings of every service that gives each caller a share. */
export const shareOptions = {
  CALLER_RATE_LIMIT: integer(
    0,
    `Requests per minute, MCP and REST, of one user, or of one address without a token; those beyond get 429. Counted ${EVERYWHERE}. ${NONE}`,
    { max: 100_000_000 },
  ),
  CALLER_CONCURRENT_LIMIT: integer(
    0,
    'Likewise, in hand at once. 0: as many as there are places (BACKPRESSURE) left to others.',
    { max: 1_000_000 },
  ),
  TEAM_RATE_LIMIT: integer(
    0,
    `Requests per minute of all callers of one team; a caller of several teams counts in each. ${NONE}`,
    { max: 100_000_000 },
  ),
  TEAM_CONCURRENT_LIMIT: integer(0, `Likewise, in hand at once. ${NONE}`, { max: 1_000_000 }),
  TOOL_RATE_LIMIT: integer(0, `Calls per minute of one tool, by all callers together. ${NONE}`, { max: 100_000_000 }),
  TOOL_CONCURRENT_TOTAL: integer(
    0,
    `Calls in hand at once of one tool, by all callers together; TOOL_CONCURRENT_LIMIT is what one caller may have. ${NONE}`,
    { max: 1_000_000 },
  ),
  RATE_LIMIT_BURST: integer(10, 'Seconds of a rate that may come at once after a pause.', { min: 1, max: 3_600 }),
};

/** `placesMax`: how many requests of all callers this process takes at once. */
export const shareSettingsOf = (config: ConfigOf<typeof shareOptions>, placesMax: number): ShareSettings => {
  const limits = (perMinute: number, concurrencyMax: number, capacity: number) => ({
    perMinute,
    concurrencyMax,
    capacity,
    burstSeconds: config.RATE_LIMIT_BURST,
  });
  return {
    caller: limits(config.CALLER_RATE_LIMIT, config.CALLER_CONCURRENT_LIMIT, placesMax),
    team: limits(config.TEAM_RATE_LIMIT, config.TEAM_CONCURRENT_LIMIT, 0),
    tool: limits(config.TOOL_RATE_LIMIT, config.TOOL_CONCURRENT_TOTAL, 0),
  };
};
