import { stdioTransportOption } from '#contracts/tool-invocation/shared-settings';
import { type ConfigOf, decimal } from '#libs/config';

export const registryOptions = {
  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: stdioTransportOption,
  LIST_REFRESH_INTERVAL: decimal(
    10,
    'Seconds that pass at least before an upstream is asked for its lists again because a client uses them and their ttlMs is over.',
    { min: 0.1, max: 86_400 },
  ),
};

export type RegistryConfig = ConfigOf<typeof registryOptions>;
