import { formerJwtSecretsOption, jwtSecretOption } from '#contracts/auth/shared-settings';
import { authorizationServerOption } from '#contracts/auth/oauth/own-issuer';
import { publicUrlOption, trustedIssuersOption } from '#contracts/auth/trusted-issuers';
import { listPageBytesOption, listPageSizeOption } from '#contracts/registry/shared-settings';
import { callTimeoutOption } from '#contracts/tool-invocation/shared-settings';
import { type ConfigOf, flag, integer, secret, secretList } from '#libs/config';
import { adminApiOption } from '#libs/identity';
import { outboxOptions } from '#libs/outbox';
import { allowedHostsOption, allowedOriginsOption, platformOptions } from '#libs/service';

export const ingressOptions = {
  ...outboxOptions,
  ALLOWED_HOSTS: allowedHostsOption,
  ALLOWED_ORIGINS: allowedOriginsOption,
  CORRELATION_ID_ENABLED: platformOptions.CORRELATION_ID_ENABLED,
  DISABLE_ACCESS_LOG: platformOptions.DISABLE_ACCESS_LOG,
  MCP_BODY_BYTES_MAX: integer(4 * 1024 * 1024, 'Bytes of the largest MCP message a client may post.', { min: 1_024 }),
  MCP_BODY_BYTES_TOTAL: integer(
    128 * 1024 * 1024,
    'Bytes of MCP messages being received at once; beyond it requests get 503.',
    {
      min: 1_024,
    },
  ),
  LIST_PAGE_SIZE: listPageSizeOption,
  LIST_PAGE_BYTES: listPageBytesOption,
  LIST_TTL_MS: integer(
    300_000,
    'How long clients of 2026-07-28 may at most keep a list without asking again; less when an upstream in it says so.',
  ),
  TOOL_SEARCH_TOKENS: integer(
    2_000,
    'Tokens, of four characters each, that search_tools of a virtual server with toolSearch shows at most.',
    { min: 100, max: 100_000 },
  ),
  RESOURCE_CACHE_SIZE: integer(
    1_000,
    'Resources whose content is kept while their upstream says that it is good; in all at most 64 MiB. 0: none.',
    { max: 1_000_000 },
  ),
  RESOURCE_CACHE_TTL: integer(3_600, 'Seconds for which that is believed at most.', { min: 1 }),
  TOOL_TIMEOUT: callTimeoutOption,
  INPUT_TIMEOUT: integer(600, 'Seconds a client may take to answer what a call asks it for.', { min: 1, max: 86_400 }),
  USE_STATEFUL_SESSIONS: flag(
    false,
    'Whether requests of revisions before 2026-07-28 must come in a session; else those without Mcp-Session-Id are served too, and are asked nothing.',
  ),
  LEGACY_RPC_TOOL_METHODS: flag(
    false,
    'Whether, at `/rpc` and for what is posted to `/`, a method that MCP does not have is the name of a tool and its params the arguments, as in the guides of ContextForge.',
  ),
  SESSION_TTL: integer(3_600, 'Seconds after which an idle session of a client before 2026-07-28 ends.', { min: 1 }),
  SESSIONS_PER_PRINCIPAL_MAX: integer(10_000, 'Sessions one caller may open within SESSION_TTL without closing any.', {
    min: 1,
  }),
  MESSAGE_TTL: integer(600, 'Seconds for which the events of a session can be asked for again with Last-Event-ID.', {
    min: 1,
  }),
  STREAMS_PER_PRINCIPAL_MAX: integer(
    1_000,
    'Listen, GET and HTTP+SSE streams and WebSockets one caller may hold open at once, per process.',
    { min: 1 },
  ),
  CALLS_PER_CONNECTION_MAX: integer(
    64,
    'Requests that one WebSocket or HTTP+SSE connection may have in hand at once.',
    {
      min: 1,
    },
  ),
  JSON_RESPONSE_ENABLED: flag(
    true,
    'Whether a session gets an answer that nothing came before as one JSON object; else every answer is an event stream.',
  ),
  STREAM_AFTER_MS: integer(
    1_000,
    'Milliseconds after which a call without an answer goes on as an event stream, which stays alive and, in a session, can be resumed.',
    { min: 50, max: 60_000 },
  ),
  SSE_POLL_AFTER: integer(
    0,
    'Seconds after which the connection of a stream that can be resumed is closed with `retry`, and its client (of a session of 2025-11-25) comes back for the rest; 0: never. For proxies that end long responses.',
    { max: 3_600 },
  ),
  SSE_KEEPALIVE_ENABLED: flag(
    true,
    'Whether idle streams carry a comment, and idle WebSockets a ping, now and then, so that nothing closes them.',
  ),
  SSE_KEEPALIVE_INTERVAL: integer(
    30,
    'Seconds of silence after which a stream carries a comment, a WebSocket a ping.',
    {
      min: 1,
      max: 3_600,
    },
  ),
  REFUSAL_RECORDS_PER_MINUTE: integer(
    60,
    'Requests refused before or at admission that get a record, of one user or, without a good token, of one address. What is beyond is counted alone. 0: none.',
    { max: 100_000 },
  ),
  GATEWAY_HOPS_MAX: integer(
    5,
    'Other gateways that a call may have come through (`switchyard/via` in its `_meta`); one that came through more is refused. 0: none from other gateways is taken.',
    { min: 0, max: 32 },
  ),
  STATE_SECRET: secret(
    'Seals requestState and cursors; the same for every replica. Unset: derived from JWT_SECRET_KEY.',
  ),
  STATE_SECRET_PREVIOUS: secretList(
    'Further values of STATE_SECRET, comma-separated: what they sealed is read, nothing is sealed with them. Where STATE_SECRET is unset, JWT_SECRET_KEY_PREVIOUS counts too.',
  ),
  JWT_SECRET_KEY: jwtSecretOption,
  JWT_SECRET_KEY_PREVIOUS: formerJwtSecretsOption,
  MCPGATEWAY_UI_ENABLED: flag(true, 'Whether the admin console is served at /admin/.'),
  MCPGATEWAY_ADMIN_API_ENABLED: adminApiOption,
  PUBLIC_URL: publicUrlOption,
  AUTHORIZATION_SERVER_ENABLED: authorizationServerOption,
  TRUSTED_ISSUERS: trustedIssuersOption,
};

export type IngressConfig = ConfigOf<typeof ingressOptions>;
