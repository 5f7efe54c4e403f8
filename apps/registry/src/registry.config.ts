import { VISIBILITIES } from '#contracts/registry/catalog';
import { whyNotPassed } from '#contracts/registry/passed-headers.rules';
import { listPageBytesOption, listPageSizeOption } from '#contracts/registry/shared-settings';
import { stdioTransportOption } from '#contracts/tool-invocation/shared-settings';
import { type ConfigOf, decimal, flag, integer, list, oneOf, optionalText, text } from '#libs/config';
import { isGatewayId } from '#libs/mcp';
import { TOOL_NAME_STYLES } from './entries/names/naming.js';
import { WAY_TO } from './entries/names/peer-kind.js';
import { NEW_TOOLS } from './gateways/new-tools.js';
import { CHANGE_POLICIES } from './entries/ledger/change-policy.js';

const AGE = { min: 0, max: 3_600 };

export const registryOptions = {
  GATEWAY_ID: text(
    'auto',
    'What this gateway goes by among gateways (A-Z a-z 0-9 . _ -, at most 64): in `switchyard/via`, by which calls and lists that come back to it are known, and in what is said of them. The same for every replica, another for every gateway. `auto`: one that its database was given when it was made; a copy of the database has the same.',
    { isText: isGatewayId, form: '1 to 64 characters of A-Z a-z 0-9 . _ -' },
  ),
  GATEWAY_WAY_TO: oneOf(
    WAY_TO,
    'peers',
    'Which upstreams a call tells which gateways it went through (`switchyard/via` in its `_meta`, with GATEWAY_ID). peers: those that are recognised as gateways (`peer`), no other; all: every upstream, where a gateway hides behind something that bears another name, as loops through it are found in no other way.',
  ),
  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: stdioTransportOption,
  TOOL_NAME_STYLE: oneOf(
    TOOL_NAME_STYLES,
    'exact',
    "How the names of tools and prompts are spelt behind their gateway's prefix, for gateways that are registered from now on and do not say it themselves (`toolNameStyle`). contextforge: in lower case, with a dash for all that is no letter or digit; fitted: of A-Z a-z 0-9 _ - and with at most 64 characters. What is registered already keeps its names.",
  ),
  NEW_TOOLS: oneOf(
    NEW_TOOLS,
    'enabled',
    'Whether tools that an upstream offers only after it was registered may be called at once, for gateways that others than their owner may use and that do not say it themselves (`newTools`). disabled: somebody enables each.',
  ),
  TOOL_CHANGES: oneOf(
    CHANGE_POLICIES,
    'accept',
    'What becomes of a tool that its upstream changes, for gateways that do not say it themselves (`changes`). accept: it is served as it is now; hold_text_and_breaking: what a model reads otherwise, what holds hidden characters and what breaks calls waits for approval; hold_all: every change does, new tools too. What waits is served as it was.',
  ),
  TOOL_CHANGES_PER_TOOL: integer(
    50,
    'Changes of one tool that are kept for reading; those that wait are kept in any case.',
    {
      min: 1,
      max: 1_000,
    },
  ),
  TOOL_CHANGES_RETENTION_DAYS: integer(365, 'Days for which changes of tools are kept; those that wait stay.', {
    min: 1,
    max: 36_500,
  }),
  ENABLE_HEADER_PASSTHROUGH: flag(
    false,
    'Whether headers of clients go on to upstreams that are reached over HTTP: those that a gateway names in `passthroughHeaders`. Never the credential for this gateway, cookies, or what belongs to one connection or to MCP.',
  ),
  DEFAULT_PASSTHROUGH_HEADERS: list(
    ['X-Tenant-Id'],
    'Headers that go on to the upstreams of gateways without `passthroughHeaders` of their own, with ENABLE_HEADER_PASSTHROUGH. No X-Trace-Id and the like, which ContextForge has in its default: each call would have a conversation with its upstream of its own. X-Upstream-Authorization becomes the Authorization of the upstream, of any that is called.',
    { isItem: (name) => whyNotPassed(name) === null, items: 'headers that are passed on' },
  ),
  REGISTRY_CACHE_ENABLED: flag(
    true,
    'Whether what REST lists and looks up of tools, prompts and resources, and lists of gateways and virtual servers, is kept in memory until something changes, here or at another replica of the same broker, and no longer than the times below.',
  ),
  REGISTRY_CACHE_TOOLS_TTL: integer(
    20,
    'Seconds after which kept tools are read anew though no change was heard of; 0 keeps none.',
    AGE,
  ),
  REGISTRY_CACHE_PROMPTS_TTL: integer(15, 'The same of prompts.', AGE),
  REGISTRY_CACHE_RESOURCES_TTL: integer(15, 'The same of resources and their templates.', AGE),
  REGISTRY_CACHE_GATEWAYS_TTL: integer(20, 'The same of gateways and A2A agents.', AGE),
  REGISTRY_CACHE_SERVERS_TTL: integer(20, 'The same of virtual servers.', AGE),
  DEFAULT_VISIBILITY: oneOf(
    VISIBILITIES,
    'public',
    'Who may see gateways and virtual servers that are made without saying it. team: the one team that the token reaches; with several, it must be named.',
  ),
  MCPGATEWAY_CATALOG_ENABLED: flag(
    true,
    'Whether `/catalog` is there: servers that are known by MCPGATEWAY_CATALOG_FILE and registered with one request.',
  ),
  MCPGATEWAY_CATALOG_FILE: optionalText(
    'A YAML file of servers for `/catalog`, in the form of ContextForge, up to 1 MiB and 1,000 servers; read anew when it changes. Unset: the catalog is empty.',
  ),
  LIST_PAGE_SIZE: listPageSizeOption,
  LIST_PAGE_BYTES: listPageBytesOption,
  HEALTH_CHECK_INTERVAL: decimal(
    60,
    'Seconds between checks of an upstream that is reached over HTTP and speaks MCP, over all replicas; one that does not answer is checked six times as often. 0 is never.',
    { min: 0, max: 86_400 },
  ),
  HEALTH_CHECK_TIMEOUT: decimal(5, 'Seconds in which an upstream has to answer a check.', { min: 0.1, max: 60 }),
  UNHEALTHY_THRESHOLD: integer(
    3,
    'Checks in a row that an upstream does not answer before its gateway is shown as not reachable.',
    { min: 1, max: 100 },
  ),
  LIST_REFRESH_INTERVAL: decimal(
    10,
    'Seconds that pass at least before an upstream is asked for its lists again because a client uses them and their ttlMs is over.',
    { min: 0.1, max: 86_400 },
  ),
};

export type RegistryConfig = ConfigOf<typeof registryOptions>;
