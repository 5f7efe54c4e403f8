import { meter } from '#libs/telemetry';

/** Requests that were refused because their caller, team or tool had its share. */
export const limitedCalls = meter().createCounter('requests_limited_total', {
  description: 'Requests refused because whoever they are of had its share: of a caller, a team or a tool.',
});
