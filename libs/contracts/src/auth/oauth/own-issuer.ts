import { flag } from '#libs/config';
import type { Grant } from '../permission.js';
import { LOOPBACK, type TrustedIssuer, isSecureUrl } from '../trusted-issuers.js';

/** What clients may ask the gateway's own authorization server for, and what each scope allows. */
export const OWN_SCOPES: ReadonlyMap<string, readonly Grant[]> = new Map([
  ['mcp:tools', ['tools.read', 'tools.execute', 'servers.use']],
  ['mcp:resources', ['resources.read', 'servers.use']],
  ['mcp:prompts', ['prompts.read', 'servers.use']],
]);

/** Auth is the authorization server; ingress sends clients there. */
export const authorizationServerOption = flag(
  true,
  'Whether the gateway is an authorization server of its own, at which people sign in with their password and clients from nothing but the URL. It needs PUBLIC_URL with https (http on this machine), and is not offered where TRUSTED_ISSUERS names another.',
);

interface Settings {
  readonly PUBLIC_URL: string | null;
  readonly TRUSTED_ISSUERS: readonly TrustedIssuer[];
  readonly AUTHORIZATION_SERVER_ENABLED: boolean;
}

/** The gateway itself as an issuer of access tokens, called by its public URL; `null` where it is none. */
export const ownIssuerOf = (settings: Settings): TrustedIssuer | null => {
  const { PUBLIC_URL: publicUrl, TRUSTED_ISSUERS: others, AUTHORIZATION_SERVER_ENABLED: isEnabled } = settings;
  if (!isEnabled || others.length > 0 || publicUrl === null || !isSecureUrl(publicUrl)) return null;
  return {
    issuer: publicUrl,
    jwksUri: null,
    audiences: [],
    userClaim: 'sub',
    domains: ['*'],
    createUsers: false,
    scopes: OWN_SCOPES,
    rules: [],
    isOwn: true,
  };
};

/**
 * Whether a client may know the gateway by `origin`: by its public URL and, where that is on this machine, by every name
 * of this machine, since clients ask for tokens for what their user typed.
 */
export const isOriginOf = (publicUrl: string, origin: string): boolean => {
  if (origin === publicUrl) return true;
  if (!URL.canParse(origin)) return false;
  const [asked, own] = [new URL(origin), new URL(publicUrl)];
  return (
    [asked, own].every(({ hostname }) => LOOPBACK.has(hostname)) &&
    asked.protocol === own.protocol &&
    asked.port === own.port
  );
};
