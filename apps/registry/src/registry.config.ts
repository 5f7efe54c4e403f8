import { type ConfigOf, type Option, decimal, flag } from '#libs/config';

/** A flag with a third state, unset. */
const optionalFlag = (prose: string): Option<boolean | null> => ({ ...flag(false, prose), defaultValue: null });

export const registryOptions = {
  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: optionalFlag(
    "Whether administrators may register gateways that are commands run on the gateway's machine. Unset: yes where all services run in one process, no where they talk over NATS.",
  ),
  LIST_REFRESH_INTERVAL: decimal(
    10,
    'Seconds that pass at least before an upstream is asked for its lists again because a client uses them and their ttlMs is over.',
    { min: 0.1, max: 86_400 },
  ),
};

export type RegistryConfig = ConfigOf<typeof registryOptions>;
