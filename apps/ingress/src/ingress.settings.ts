import { ownIssuerOf } from '#contracts/auth/oauth/own-issuer';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import { fail } from '#libs/errors';
import type { IngressConfig } from './ingress.config.js';

/** The settings as the code uses them: milliseconds, switches decided. */
export interface IngressSettings {
  readonly hostsAllowed: readonly string[];
  readonly originsAllowed: readonly string[];
  /** Whether answers say what their request is found by in the log. */
  readonly correlates: boolean;
  /** Whether each request has a line in the log. */
  readonly logsRequests: boolean;
  /** `totalMax`: bytes of all bodies that are being received at once. */
  readonly bodies: { readonly bytesMax: number; readonly totalMax: number };
  readonly lists: { readonly pageSize: number; readonly pageBytesMax: number; readonly ttlMsMax: number };
  /** `size` 0: no resource is kept. */
  readonly resources: { readonly size: number; readonly ttlMsMax: number };
  /** What a search for tools may show. */
  readonly toolSearchTokensMax: number;
  readonly callTimeoutMs: number;
  /** How many gateways a call may have come through. */
  readonly hopsMax: number;
  /** How long a client may take to answer a server request. */
  readonly inputTimeoutMs: number;
  readonly sessions: {
    /** Whether requests before 2026-07-28 must name a session. */
    readonly required: boolean;
    readonly ttlMs: number;
    readonly perPrincipalMax: number;
    readonly eventTtlMs: number;
  };
  /** Whether a method of bare JSON-RPC that MCP does not have is the name of a tool. */
  readonly toolMethods: boolean;
  readonly callsPerConnectionMax: number;
  readonly streams: {
    readonly perPrincipalMax: number;
    /** A call without an answer for this long goes on as a stream. */
    readonly afterMs: number;
    /** How long the connection of a stream that can be resumed stays open; `null`: until the stream ends. */
    readonly pollAfterMs: number | null;
    /** `null`: idle streams carry nothing. */
    readonly keepAliveMs: number | null;
    /** Whether a session gets an answer that nothing came before as one JSON object. */
    readonly plainJson: boolean;
  };
  /** Whether the admin console is served. */
  readonly hasConsole: boolean;
  /** Of what is refused before or at admission. */
  readonly refusalRecords: { readonly perMinute: number };
  /** Where clients may sign in, and what they know the gateway as; nowhere without both. */
  readonly signIn: { readonly publicUrl: string | null; readonly issuers: readonly TrustedIssuer[] };
  /** What text that goes out and comes back is sealed with; the same for every replica. */
  readonly sealSecrets: readonly [current: string, ...former: string[]];
}

/** Throws `config.invalid` when there is no secret to seal with. */
export const settingsOf = (config: IngressConfig): IngressSettings => ({
  hostsAllowed: config.ALLOWED_HOSTS,
  originsAllowed: config.ALLOWED_ORIGINS,
  correlates: config.CORRELATION_ID_ENABLED,
  logsRequests: !config.DISABLE_ACCESS_LOG,
  toolSearchTokensMax: config.TOOL_SEARCH_TOKENS,
  bodies: { bytesMax: config.MCP_BODY_BYTES_MAX, totalMax: config.MCP_BODY_BYTES_TOTAL },
  lists: {
    pageSize: config.LIST_PAGE_SIZE,
    pageBytesMax: config.LIST_PAGE_BYTES,
    ttlMsMax: config.LIST_TTL_MS,
  },
  resources: { size: config.RESOURCE_CACHE_SIZE, ttlMsMax: ms(config.RESOURCE_CACHE_TTL) },
  callTimeoutMs: ms(config.TOOL_TIMEOUT),
  hopsMax: config.GATEWAY_HOPS_MAX,
  inputTimeoutMs: ms(config.INPUT_TIMEOUT),
  sessions: {
    required: config.USE_STATEFUL_SESSIONS,
    ttlMs: ms(config.SESSION_TTL),
    perPrincipalMax: config.SESSIONS_PER_PRINCIPAL_MAX,
    eventTtlMs: ms(config.MESSAGE_TTL),
  },
  toolMethods: config.LEGACY_RPC_TOOL_METHODS,
  callsPerConnectionMax: config.CALLS_PER_CONNECTION_MAX,
  streams: {
    perPrincipalMax: config.STREAMS_PER_PRINCIPAL_MAX,
    afterMs: config.STREAM_AFTER_MS,
    pollAfterMs: config.SSE_POLL_AFTER === 0 ? null : ms(config.SSE_POLL_AFTER),
    keepAliveMs: config.SSE_KEEPALIVE_ENABLED ? ms(config.SSE_KEEPALIVE_INTERVAL) : null,
    plainJson: config.JSON_RESPONSE_ENABLED,
  },
  hasConsole: config.MCPGATEWAY_UI_ENABLED && config.MCPGATEWAY_ADMIN_API_ENABLED,
  refusalRecords: { perMinute: config.REFUSAL_RECORDS_PER_MINUTE },
  signIn: { publicUrl: config.PUBLIC_URL, issuers: issuersOf(config) },
  sealSecrets: secretsOf(config),
});

const issuersOf = (config: IngressConfig): readonly TrustedIssuer[] => {
  const own = ownIssuerOf(config);
  return own === null ? config.TRUSTED_ISSUERS : [own];
};

const ms = (seconds: number): number => Math.round(seconds * 1_000);

const secretsOf = (config: IngressConfig): [string, ...string[]] => {
  const { STATE_SECRET, JWT_SECRET_KEY, STATE_SECRET_PREVIOUS, JWT_SECRET_KEY_PREVIOUS } = config;
  if (STATE_SECRET !== null) return [STATE_SECRET, ...STATE_SECRET_PREVIOUS];
  if (JWT_SECRET_KEY !== null) return [JWT_SECRET_KEY, ...STATE_SECRET_PREVIOUS, ...JWT_SECRET_KEY_PREVIOUS];
  throw fail('config.invalid', { message: 'STATE_SECRET is required where JWT_SECRET_KEY is not set' });
};
