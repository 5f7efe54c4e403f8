/** JSON-RPC error codes. https://www.jsonrpc.org/specification#error_object */
export const INVALID_REQUEST = -32600;
/** The method does not exist or is not available. */
export const METHOD_NOT_FOUND = -32601;
/** The parameters of the method are not valid. */
export const INVALID_PARAMS = -32602;
/** The receiver failed. */
export const INTERNAL_ERROR = -32603;

/** Codes of MCP since 2026-07-28. https://modelcontextprotocol.io/specification/2026-07-28/basic#error-codes */
export const HEADER_MISMATCH = -32020;
/** The client has not declared a capability that the request needs. */
export const CAPABILITY_MISSING = -32021;
/** The receiver does not speak the revision. */
export const VERSION_UNSUPPORTED = -32022;

/** What only a peer of 2026-07-28 or later means by its error. */
export const MODERN_ERRORS: ReadonlySet<number> = new Set([HEADER_MISMATCH, CAPABILITY_MISSING, VERSION_UNSUPPORTED]);

/** Of the revisions with sessions. https://modelcontextprotocol.io/specification/2025-11-25/server/resources#error-handling */
export const RESOURCE_NOT_FOUND = -32002;
/** https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-elicitation-required-error */
export const URL_ELICITATION_REQUIRED = -32042;
