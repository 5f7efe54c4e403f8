/** What an MCP server says that it wants to be shown. https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
export interface BearerChallenge {
  readonly resourceMetadata: string | null;
  readonly scopes: readonly string[];
}

const CHALLENGE_CHARS_MAX = 8_192;
/** A parameter, or else the name of a scheme. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
const PART = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)/g;

/** Of one challenge. */
const SCOPES_MAX = 32;
/** https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** The scopes that a challenge says are missing, as RFC 6750 3.1 has it, each once; none: it says something else. */
export const missingScopesOf = (header: string | null): readonly string[] => {
  const found = parametersOf(header);
  return found?.get('error') === 'insufficient_scope'
    ? [...new Set(scopesIn(found).filter((scope) => SCOPE.test(scope)))].slice(0, SCOPES_MAX)
    : [];
};

/** Reads the challenge for a bearer token off `WWW-Authenticate`, wherever it stands among others; null where there is none. */
export const readBearerChallenge = (header: string | null): BearerChallenge | null => {
  const found = parametersOf(header);
  return found === null ? null : { resourceMetadata: found.get('resource_metadata') ?? null, scopes: scopesIn(found) };
};

const scopesIn = (found: ReadonlyMap<string, string>): readonly string[] =>
  (found.get('scope') ?? '').split(' ').filter(Boolean);

const parametersOf = (header: string | null): ReadonlyMap<string, string> | null => {
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
  return isThere ? found : null;
};
