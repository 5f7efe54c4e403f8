import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import type { Bus } from '#libs/bus';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { readBearerChallenge } from '#libs/identity';
import { asObject } from '#libs/mcp';
import { type Connection, speaksMcp } from '../profile.js';

const METADATA_BYTES_MAX = 64 * 1024;
const LOOK_MS = 5_000;
const TEXTS_MAX = 8;
const TEXT_CHARS_MAX = 256;

/**
 * The failure of asking an upstream what it offers that was shown nothing; where its challenge, or its metadata, says that it wants
 * OAuth, in words that say so and how it is registered then. https://www.rfc-editor.org/rfc/rfc9728#section-5
 */
export const withWantedConsent = async (bus: Bus, connection: Connection, thrown: unknown): Promise<unknown> => {
  const { code, data } = toGatewayError(thrown);
  const { url } = connection;
  if (code !== 'upstream.unauthorised' || data?.['status'] !== 401 || url === null || !speaksMcp(connection))
    return thrown;
  // Whatever goes wrong here, the upstream has refused.
  return (await wantedConsent(bus, url).catch(() => null)) ?? thrown;
};

const wantedConsent = async (bus: Bus, url: string): Promise<GatewayError | null> => {
  const { origin, pathname } = new URL(url);
  const { head } = await bus.ask(ReadChallenge, { url }, { timeoutMs: LOOK_MS });
  const challenge = readBearerChallenge(head.challenge);
  const place = `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}`;
  const said = challenge?.resourceMetadata ? URL.parse(challenge.resourceMetadata, url) : null;
  const at = said !== null && (said.origin === origin || isSecureUrl(said.href)) ? said.href : place;
  const request = { url: at, bytesMax: METADATA_BYTES_MAX, namedBy: url };
  const { body } = await bus.ask(FetchDocument, request, { timeoutMs: LOOK_MS });
  const metadata = asObject(JSON.parse(body?.toString() ?? ''));
  const servers = textsOf(metadata['authorization_servers']);
  if (servers.length === 0) return null;
  const scopes = challenge?.scopes.length ? textsOf(challenge.scopes) : textsOf(metadata['scopes_supported']);
  return fail('upstream.unauthorised', {
    message: `The upstream wants OAuth (${servers.join(', ')}): register it with "auth_type": "oauth" and "oauth_config": {"grant_type": "authorization_code"}, so that each caller consents there`,
    data: { status: 401, oauth: { authorization_servers: servers, scopes } },
    executed: 'no',
  });
};

/** What a stranger says, for people to read. */
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value
        .filter((each): each is string => typeof each === 'string' && /^[\x21-\x7e]+$/.test(each))
        .slice(0, TEXTS_MAX)
        .map((each) => each.slice(0, TEXT_CHARS_MAX))
    : [];
