import { VISIBILITIES } from '#contracts/registry/catalog';
import { listPageBytesOption, listPageSizeOption } from '#contracts/registry/shared-settings';
import { stdioTransportOption } from '#contracts/tool-invocation/shared-settings';
import { type ConfigOf, decimal, integer, oneOf } from '#libs/config';
import { TOOL_NAME_STYLES } from './entries/names/naming.js';
import { NEW_TOOLS } from './gateways/new-tools.js';
import { CHANGE_POLICIES } from './entries/ledger/change-policy.js';

export const registryOptions = {
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
  DEFAULT_VISIBILITY: oneOf(
    VISIBILITIES,
    'public',
    'Who may see gateways and virtual servers that are made without saying it. team: the one team that the token reaches; with several, it must be named.',
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
