import type { Visibility } from '#contracts/registry/catalog';
import type { ToolNameStyle } from './entries/names/naming.js';
import type { WayTo } from './entries/names/peer-kind.js';
import type { NewTools } from './gateways/new-tools.js';
import type { PassedHeadersSettings } from './gateways/passed-headers/passed-headers.js';
import type { ChangePolicy } from './entries/ledger/change-policy.js';
import type { HistoryLimits } from './entries/ledger/tool-change.repository.js';
import type { RegistryConfig } from './registry.config.js';

/** Lists, with their look-ups, whose rows are kept. */
export type KeptList = 'tools' | 'prompts' | 'resources' | 'gateways' | 'servers';

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

export interface CatalogSettings {
  readonly isEnabled: boolean;
  /** Null: there is none. */
  readonly file: string | null;
}

/** What the environment decides, in the units that the code counts in. */
export interface RegistrySettings {
  /** What this gateway goes by among gateways; null: as its database has it. */
  readonly gatewayId: string | null;
  /** Which upstreams calls tell which gateways they went through. */
  readonly wayTo: WayTo;
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
  /** Headers of clients that go on to upstreams. */
  readonly passedHeaders: PassedHeadersSettings;
  /** Of what is made by a body that does not say it. */
  readonly defaultVisibility: Visibility;
  readonly healthCheck: HealthCheckSettings;
  readonly catalog: CatalogSettings;
  /** What clients get of a list at once. */
  readonly page: PageSize;
  /** How long rows that REST lists are kept; 0: they are not. */
  readonly keptMs: Readonly<Record<KeptList, number>>;
}

export const SETTINGS = Symbol('registry settings');

export const registrySettings = (config: RegistryConfig): RegistrySettings => ({
  gatewayId: config.GATEWAY_ID === 'auto' ? null : config.GATEWAY_ID,
  wayTo: config.GATEWAY_WAY_TO,
  isStdioAllowed: config.MCPGATEWAY_STDIO_TRANSPORT_ENABLED,
  newTools: config.NEW_TOOLS,
  toolChanges: config.TOOL_CHANGES,
  toolHistory: { perTool: config.TOOL_CHANGES_PER_TOOL, days: config.TOOL_CHANGES_RETENTION_DAYS },
  toolNameStyle: config.TOOL_NAME_STYLE,
  listRefreshIntervalMs: config.LIST_REFRESH_INTERVAL * 1_000,
  passedHeaders: { isEnabled: config.ENABLE_HEADER_PASSTHROUGH, fallback: config.DEFAULT_PASSTHROUGH_HEADERS },
  defaultVisibility: config.DEFAULT_VISIBILITY,
  healthCheck: {
    intervalMs: config.HEALTH_CHECK_INTERVAL * 1_000,
    timeoutMs: config.HEALTH_CHECK_TIMEOUT * 1_000,
    failuresMax: config.UNHEALTHY_THRESHOLD,
  },
  catalog: { isEnabled: config.MCPGATEWAY_CATALOG_ENABLED, file: config.MCPGATEWAY_CATALOG_FILE },
  page: { entriesMax: config.LIST_PAGE_SIZE, bytesMax: config.LIST_PAGE_BYTES },
  keptMs: {
    tools: keptMs(config, config.REGISTRY_CACHE_TOOLS_TTL),
    prompts: keptMs(config, config.REGISTRY_CACHE_PROMPTS_TTL),
    resources: keptMs(config, config.REGISTRY_CACHE_RESOURCES_TTL),
    gateways: keptMs(config, config.REGISTRY_CACHE_GATEWAYS_TTL),
    servers: keptMs(config, config.REGISTRY_CACHE_SERVERS_TTL),
  },
});

const keptMs = ({ REGISTRY_CACHE_ENABLED }: RegistryConfig, seconds: number): number =>
  REGISTRY_CACHE_ENABLED ? seconds * 1_000 : 0;
