import type { Bus } from '#libs/bus';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import { readBearerChallenge } from '#libs/identity';
import { firstOf, parsed, read, unfit } from '../../upstream-credentials/oauth/authorization-server.js';
import { isRecord } from '../../jwt/claims.js';

/** What an MCP server says of itself as a protected resource. https://www.rfc-editor.org/rfc/rfc9728#section-2 */
export interface ProtectedResource {
  /** By which tokens for it are asked for; null: it says nothing of itself. */
  readonly resource: string | null;
  readonly authorizationServers: readonly string[];
  /** What its challenge asks for, else all that it knows. */
  readonly scopes: readonly string[];
}

const SERVERS_MAX = 8;
const SCOPES_MAX = 64;

/**
 * Asks an MCP server for what, and by whom, tokens are wanted: by its challenge, then where its metadata has to be. `url`:
 * without its query; `query`: what goes behind it. Rejects with `upstream.…`.
 */
export const readProtectedResource = async (
  { url, query }: { readonly url: string; readonly query: string | undefined },
  bus: Bus,
  untilMs: number,
): Promise<ProtectedResource> => {
  const timeoutMs = Math.max(1, untilMs - performance.now());
  const asked = query === undefined ? url : `${url}?${query}`;
  const { head } = await bus.ask(ReadChallenge, { url: asked }, { timeoutMs });
  const challenge = head.status === 401 || head.status === 403 ? readBearerChallenge(head.challenge) : null;
  const document = await firstOf(placesOf(url, challenge?.resourceMetadata ?? null), async (place) => {
    const text = await read(place, bus, untilMs, url);
    const said = text === null ? null : parsed(text);
    return isRecord(said) ? said : null;
  });
  if (document === null) return { resource: null, authorizationServers: [], scopes: challenge?.scopes ?? [] };
  return {
    resource: resourceOf(document['resource'], url),
    authorizationServers: textsOf(document['authorization_servers'], SERVERS_MAX),
    scopes: challenge?.scopes.length ? challenge.scopes : textsOf(document['scopes_supported'], SCOPES_MAX),
  };
};

/** Where the document may be: as the challenge says, then by the path of the server, then at the root. */
const placesOf = (url: string, said: string | null): readonly string[] => {
  const { origin, pathname } = new URL(url);
  const given = said === null ? null : URL.parse(said, url);
  const path = pathname.replace(/\/$/, '');
  return [
    ...new Set([
      ...(given !== null && (given.origin === origin || isSecureUrl(given.href)) ? [given.href] : []),
      `${origin}/.well-known/oauth-protected-resource${path}`,
      `${origin}/.well-known/oauth-protected-resource`,
    ]),
  ];
};

/** A document of another resource would have tokens made for that. https://www.rfc-editor.org/rfc/rfc9728#section-3.3 */
const resourceOf = (given: unknown, url: string): string => {
  const resource = typeof given === 'string' ? URL.parse(given) : null;
  const asked = new URL(url);
  const isParent =
    resource !== null &&
    resource.origin === asked.origin &&
    `${asked.pathname}/`.startsWith(`${resource.pathname.replace(/\/$/, '')}/`);
  if (resource === null || resource.hash !== '' || !isParent)
    throw unfit('the metadata of the upstream is that of another resource');
  return given as string;
};

const textsOf = (value: unknown, max: number): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string').slice(0, max) : [];
