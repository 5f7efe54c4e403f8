import { type ConfigOf, flag, integer, list, type Option } from '#libs/config';
import { clientAddress } from './client-address.js';
import { shareOptions } from './shares/index.js';

const addressList = (prose: string): Option<readonly string[]> => {
  const texts = list([], prose);
  return {
    ...texts,
    parse: (value) => {
      const proxies = texts.parse(value);
      clientAddress(proxies);
      return proxies;
    },
  };
};

/** Shared with ingress, whose console is nothing without it. */
export const adminApiOption = flag(
  true,
  'Whether the management API is served: every REST route that asks for a token, and with them the console. Logging in stays; MCP is not concerned.',
);

/** The settings of every service that admits callers. */
export const identityOptions = {
  AUTH_REQUIRED: flag(
    true,
    'Whether MCP clients must present a token. When false, a client without one may list and call what is public; a wrong token is refused all the same, and administration always needs one.',
  ),
  ALLOW_PUBLIC_WITHOUT_AUTH: flag(
    false,
    'Whether AUTH_REQUIRED=false is accepted where HOST is no loopback address: everybody who reaches the port may then call what is public.',
  ),
  JWT_CACHE_TTL: integer(
    30,
    'Seconds for which a verified credential is trusted without asking auth again. Revocations end it at once.',
    {
      min: 0,
      max: 300,
    },
  ),
  AUTH_STALE_MAX: integer(
    600,
    'Seconds, from when auth last confirmed a credential, for which it still lists and calls while auth or its database is away; a revocation that is heard ends it at once, and administration always needs auth. 0: JWT_CACHE_TTL and no longer.',
    { min: 0, max: 86_400 },
  ),
  JWT_CACHE_MAX_SIZE: integer(10_000, 'Verified credentials kept per process.', { min: 1, max: 1_000_000 }),
  TRUSTED_PROXIES: addressList(
    'Addresses, or networks such as 10.0.0.0/8, of proxies in front of this process, whose X-Forwarded-For says where a client is; anybody else is where the connection comes from. Limits per address need it behind a proxy.',
  ),
  MCPGATEWAY_ADMIN_API_ENABLED: adminApiOption,
  ...shareOptions,
};

/** The parsed values of `identityOptions`. */
export type IdentityConfig = ConfigOf<typeof identityOptions>;
