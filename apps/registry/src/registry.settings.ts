import type { RegistryConfig } from './registry.config.js';

/** What the environment decides, in the units that the code counts in. */
export interface RegistrySettings {
  /** `auto`: yes where all services run in one process, no where they talk over NATS. */
  readonly isStdioAllowed: boolean | 'auto';
  /** At least so much time passes before a client's use of an upstream has it listed again. */
  readonly listRefreshIntervalMs: number;
}

export const SETTINGS = Symbol('registry settings');

export const registrySettings = (config: RegistryConfig): RegistrySettings => ({
  isStdioAllowed: config.MCPGATEWAY_STDIO_TRANSPORT_ENABLED,
  listRefreshIntervalMs: config.LIST_REFRESH_INTERVAL * 1_000,
});
