import { type ConfigOf, type Option, flag } from '#libs/config';
import { identityOptions } from '#libs/identity';

/** A flag with a third state, unset. */
const optionalFlag = (prose: string): Option<boolean | null> => ({ ...flag(false, prose), defaultValue: null });

export const registryOptions = {
  ...identityOptions,
  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: optionalFlag(
    "Whether administrators may register gateways that are commands run on the gateway's machine. Unset: yes where all services run in one process, no where they talk over NATS.",
  ),
};

export type RegistryConfig = ConfigOf<typeof registryOptions>;

export const REGISTRY_CONFIG = Symbol('REGISTRY_CONFIG');
