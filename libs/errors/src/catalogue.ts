/**
 * Every failure the gateway can name. The prefix says who can mend it. `http` and `rpc` are what a 2026-07-28 client
 * sees; older revisions differ only where `session-answers.ts` of `libs/mcp` says so. Messages are public: no secret, path or address.
 */
export interface Failure {
  readonly http: number;
  /** JSON-RPC error code. Codes outside -32768…-32000 are the gateway's own. */
  readonly rpc: number;
  readonly message: string;
}

const failure = (http: number, rpc: number, message: string): Failure => ({ http, rpc, message });

/** The failures by their codes. */
export const catalogue = {
  'mcp.malformed_json': failure(400, -32700, 'The body is not valid JSON'),
  'mcp.invalid_request': failure(400, -32600, 'The body is not a valid JSON-RPC message'),
  'mcp.method_unknown': failure(404, -32601, 'Method not found'),
  'mcp.params_invalid': failure(200, -32602, 'Invalid params'),
  'mcp.meta_missing': failure(400, -32602, 'A required _meta field is missing or malformed'),
  'mcp.header_mismatch': failure(400, -32020, 'A mirrored header is missing or differs from the body'),
  'mcp.capability_missing': failure(400, -32021, 'The client lacks a required capability'),
  'mcp.version_unsupported': failure(400, -32022, 'Unsupported protocol version'),
  'mcp.session_missing': failure(400, -32600, 'Mcp-Session-Id is required'),
  'mcp.session_unknown': failure(404, -32001, 'Session not found'),
  'mcp.state_invalid': failure(200, -32602, 'requestState is invalid or has expired'),
  'mcp.cursor_invalid': failure(200, -32602, 'Invalid cursor'),
  'mcp.input_unavailable': failure(200, -32603, 'The tool needs input this client cannot give'),

  'http.malformed': failure(400, -32600, 'The request is malformed'),
  'http.origin_refused': failure(403, -32600, 'Origin not allowed'),
  'http.host_refused': failure(403, -32600, 'Host not allowed'),
  'http.not_found': failure(404, -32600, 'Not found'),
  'http.method_not_allowed': failure(405, -32600, 'Method not allowed'),
  'http.not_acceptable': failure(406, -32600, 'Accept must list text/event-stream'),
  'http.request_timeout': failure(408, -32600, 'The request took too long to arrive'),
  'http.body_too_large': failure(413, -32600, 'The body is too large'),
  'http.path_too_long': failure(414, -32600, 'A part of the path is too long'),
  'http.upgrade_required': failure(426, -32600, 'This endpoint speaks WebSocket'),
  'http.media_type_unsupported': failure(415, -32600, 'Content-Type must be application/json'),
  'http.invalid': failure(422, -32602, 'The request is not valid'),
  'http.conflict': failure(409, -32603, 'Conflict'),
  'http.rate_limited': failure(429, 4429, 'Too many requests'),
  'http.overloaded': failure(503, 4503, 'The gateway is at capacity'),

  'auth.credential_missing': failure(401, 4401, 'Authentication is required'),
  'auth.credential_invalid': failure(401, 4401, 'The credential is not valid'),
  'auth.credential_ambiguous': failure(400, -32600, 'More than one Authorization header was sent'),
  'auth.grant_missing': failure(403, 4403, 'The credential lacks a required permission'),
  'auth.link_invalid': failure(400, -32600, 'The link is not good: it was used, or never sent'),
  'auth.link_expired': failure(410, -32600, 'The link has expired'),
  'auth.not_offered': failure(403, -32600, 'This gateway does not offer that'),
  'auth.sign_in_refused': failure(403, -32600, 'The sign-in is refused'),
  'auth.provider_unavailable': failure(503, 4503, 'The identity provider cannot be reached; log in with your password'),
  'auth.unavailable': failure(503, 4503, 'Authentication is unavailable'),
  'auth.issuer_unavailable': failure(503, 4503, 'The keys of the issuer of the token cannot be read'),

  'registry.unknown': failure(404, -32602, 'Not found'),
  'registry.server_unknown': failure(404, -32602, 'Server not found'),
  'registry.tool_unknown': failure(200, -32602, 'Unknown tool'),
  'registry.prompt_unknown': failure(200, -32602, 'Unknown prompt'),
  'registry.resource_unknown': failure(200, -32602, 'Resource not found'),
  'registry.name_taken': failure(409, -32602, 'The name is taken'),
  'registry.unavailable': failure(503, 4503, 'The registry is unavailable'),

  'upstream.unknown': failure(404, -32603, 'The upstream is not registered'),
  'upstream.unreachable': failure(502, -32603, 'The upstream cannot be reached'),
  'upstream.unauthorised': failure(502, -32603, 'The upstream refused the credential'),
  'upstream.consent_needed': failure(409, -32603, 'This upstream needs the consent of its caller'),
  'upstream.not_mcp': failure(502, -32603, 'The upstream does not speak MCP'),
  'upstream.invalid_answer': failure(502, -32603, 'The upstream gave an invalid answer'),
  'upstream.too_large': failure(502, -32603, 'The upstream gave too large an answer'),
  'upstream.closed': failure(502, -32603, 'The upstream closed the connection before it answered'),
  'upstream.session_lost': failure(502, -32603, 'The upstream lost its session'),
  'upstream.busy': failure(503, -32603, 'The upstream is at its concurrency limit'),
  'upstream.breaker_open': failure(503, -32603, 'The upstream has failed repeatedly and is being left alone'),
  'upstream.timed_out': failure(504, -32603, 'The upstream did not answer in time'),
  'upstream.loop': failure(508, -32603, 'The call has come back to a gateway that it went through before'),
  'upstream.hops_exceeded': failure(508, -32603, 'The call came through more gateways than are allowed'),
  'upstream.refused': failure(422, -32603, 'This upstream may not be registered here'),

  'bus.no_responders': failure(503, -32603, 'The service is not running'),
  'bus.disconnected': failure(503, -32603, 'The message bus is unavailable'),
  'bus.responder_lost': failure(503, -32603, 'The service stopped before it answered'),
  'bus.timed_out': failure(504, -32603, 'The deadline passed'),
  'bus.cancelled': failure(499, -32603, 'The call was cancelled'),
  'bus.too_large': failure(413, -32603, 'The message is too large'),
  'bus.malformed': failure(500, -32603, 'Malformed internal message'),

  'config.invalid': failure(500, -32603, 'The configuration is not valid'),
  'platform.internal': failure(500, -32603, 'Internal error'),
  'platform.not_ready': failure(503, 4503, 'Not ready'),
} as const satisfies Record<string, Failure>;

/** The code of a failure, `<owner>.<what failed>`. */
export type FailureCode = keyof typeof catalogue;

/** Whether this is the code of a failure. */
export const isFailureCode = (code: unknown): code is FailureCode =>
  typeof code === 'string' && Object.hasOwn(catalogue, code);
