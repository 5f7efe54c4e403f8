import type { Visibility } from '#contracts/registry/catalog';
import type { ToolNameStyle } from './entries/names/naming.js';
import type { NewTools } from './gateways/new-tools.js';
import type { ChangePolicy } from './entries/ledger/change-policy.js';
import type { HistoryLimits } from './entries/ledger/tool-change.repository.js';
import type { RegistryConfig } from './registry.config.js';

export interface PageSize {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

export interface HealthCheckSettings {
  /** 0: upstreams are not checked. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** So many in a row make an upstream unreachable. */
  readonly failuresMax: number;
}

/** What the environment decides, in the units that the code counts in. */
export interface RegistrySettings {
  /** `auto`: yes where all services run in one process, no where they talk over NATS. */
  readonly isStdioAllowed: boolean | 'auto';
  /** For gateways that others than their owner may use and that do not say it themselves. */
  readonly newTools: NewTools;
  /** For gateways that do not say it themselves. */
  readonly toolChanges: ChangePolicy;
  readonly toolHistory: HistoryLimits;
  /** For gateways that are registered from now on. */
  readonly toolNameStyle: ToolNameStyle;
  /** At least so much time passes before a client's use of an upstream has it listed again. */
  readonly listRefreshIntervalMs: number;
  /** Of what is made by a body that does not say it. */
  readonly defaultVisibility: Visibility;
  readonly healthCheck: HealthCheckSettings;
  /** What clients get of a list at once. */
  readonly page: PageSize;
}

export const SETTINGS = Symbol('registry settings');

export const registrySettings = (config: RegistryConfig): RegistrySettings => ({
  isStdioAllowed: config.MCPGATEWAY_STDIO_TRANSPORT_ENABLED,
  newTools: config.NEW_TOOLS,
  toolChanges: config.TOOL_CHANGES,
  toolHistory: { perTool: config.TOOL_CHANGES_PER_TOOL, days: config.TOOL_CHANGES_RETENTION_DAYS },
  toolNameStyle: config.TOOL_NAME_STYLE,
  listRefreshIntervalMs: config.LIST_REFRESH_INTERVAL * 1_000,
  defaultVisibility: config.DEFAULT_VISIBILITY,
  healthCheck: {
    intervalMs: config.HEALTH_CHECK_INTERVAL * 1_000,
    timeoutMs: config.HEALTH_CHECK_TIMEOUT * 1_000,
    failuresMax: config.UNHEALTHY_THRESHOLD,
  },
  page: { entriesMax: config.LIST_PAGE_SIZE, bytesMax: config.LIST_PAGE_BYTES },
});
