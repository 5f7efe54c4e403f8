/** What can be applied, in the order in which things need each other. */
export const TYPES = ['gateways', 'tools', 'prompts', 'resources', 'servers'] as const;
export type ApplyType = (typeof TYPES)[number];

const CREDENTIAL = [
  'auth_type',
  'auth_token',
  'auth_username',
  'auth_password',
  'auth_headers',
  'auth_query_param_key',
  'auth_query_param_value',
];

/** What an export has beside, and nothing comes of. */
export const NOT_TAKEN: ReadonlySet<string> = new Set([
  'capabilities',
  'health_check',
  'sse_endpoint',
  'websocket_endpoint',
  'credential_left_out',
]);

const OF_ALL = ['name', 'description', 'tags', 'is_active', ...NOT_TAKEN];

/** The members that an entry may have, by its type. What is misspelt would be dropped without a word. */
export const KNOWN_MEMBERS: Readonly<Record<ApplyType, ReadonlySet<string>>> = {
  gateways: new Set([
    ...OF_ALL,
    ...CREDENTIAL,
    'url',
    'transport',
    'passthrough_headers',
    'tool_name_style',
    'tool_prefix',
    'oauth_config',
    'ca_certificate',
    'client_cert',
    'client_key',
    'command',
    'args',
    'cwd',
    'env',
    'openapi',
    'grpc',
    'a2a',
    'addresses',
    'timeout_ms',
    'concurrency_max',
    'session_scope',
    'era',
    'list_ttl_ms',
    'list_cache_scope',
    'new_tools',
    'changes',
  ]),
  tools: new Set([
    ...OF_ALL,
    ...CREDENTIAL,
    'displayName',
    'url',
    'addresses',
    'integration_type',
    'request_type',
    'headers',
    'input_schema',
    'output_schema',
    'annotations',
    'jsonpath_filter',
    'tool_name_style',
    'timeout_ms',
    'query_mapping',
    'header_mapping',
    'path_template',
  ]),
  prompts: new Set([...OF_ALL, 'custom_name', 'display_name', 'template', 'input_schema', 'tool_name_style']),
  resources: new Set([
    ...OF_ALL,
    'display_name',
    'uri',
    'uri_template',
    'mime_type',
    'content',
    'blob',
    'input_schema',
  ]),
  servers: new Set([
    ...OF_ALL,
    'tool_ids',
    'resource_ids',
    'prompt_ids',
    'associated_tools',
    'associated_resources',
    'associated_prompts',
    'icon',
    'tool_search',
  ]),
};
