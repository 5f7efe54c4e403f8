/** What an MCP server says that it wants to be shown. https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
export interface BearerChallenge {
  readonly resourceMetadata: string | null;
  readonly scopes: readonly string[];
}

const CHALLENGE_CHARS_MAX = 8_192;
/** A parameter, or else the name of a scheme. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
const PART = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)/g;

/** Reads the challenge for a bearer token off `WWW-Authenticate`, wherever it stands among others; null where there is none. */
export const readBearerChallenge = (header: string | null): BearerChallenge | null => {
  if (header === null || header.length > CHALLENGE_CHARS_MAX) return null;
  const found = new Map<string, string>();
  let isBearer = false;
  let isThere = false;
  for (const [, name, quoted, token = '', scheme] of header.matchAll(PART)) {
    if (scheme !== undefined) {
      isBearer = scheme.toLowerCase() === 'bearer';
      isThere ||= isBearer;
    } else if (isBearer && name !== undefined) {
      const key = name.toLowerCase();
      if (!found.has(key)) found.set(key, quoted?.replace(/\\(.)/g, '$1') ?? token);
    }
  }
  if (!isThere) return null;
  return {
    resourceMetadata: found.get('resource_metadata') ?? null,
    scopes: (found.get('scope') ?? '').split(' ').filter(Boolean),
  };
};
