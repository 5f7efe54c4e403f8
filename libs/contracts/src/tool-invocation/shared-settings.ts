import { autoFlag, decimal } from '#libs/config';

/** In seconds. Ingress waits that long for tool-invocation, which ends the call then. */
export const callTimeoutOption = decimal(
  60,
  'Seconds a call may take in all, unless its upstream has a limit of its own.',
  { min: 0.1, max: 3_600 },
);

/** Registry takes such upstreams only where tool-invocation may start them. */
export const stdioTransportOption = autoFlag(
  'Whether upstreams may be child processes of the gateway: commands that administrators register. `auto`: where the gateway is one process (no NATS_URL).',
);
