import { type FileEntry, LeftOut, isEmpty, isObject, quoted } from '../../file-entry.js';
import { MASK } from '#contracts/auth/upstream-secrets.rules';
import { openSecret } from './sealed-secret.js';

/** What an `oauth_config` of the file becomes. */
interface ReadOAuth {
  readonly oauthConfig: Readonly<Record<string, unknown>>;
  /** What of it is not taken over. */
  readonly notes: readonly string[];
}

/** By the grants that are not supported: why. */
const OTHER_GRANTS: ReadonlyMap<unknown, string> = new Map([
  [
    'token-exchange',
    'with which tokens of callers are exchanged: register it anew, and say in TRUSTED_ISSUERS whose (exchangeAt)',
  ],
  ['password', 'which OAuth 2.1 has removed'],
]);

/** The members that are taken over as they are, by their names here. */
const SAME = { clientId: 'client_id', tokenUrl: 'token_url', issuer: 'issuer', scopes: 'scopes', audience: 'audience' };
const OF_PERSONS = { authorizationUrl: 'authorization_url' };
const OF_KEYS = {
  tokenEndpointAuthSigningAlg: 'token_endpoint_auth_signing_alg',
  privateKeyJwtKid: 'private_key_jwt_kid',
};
const READ_HERE = [
  'grant_type',
  'token_endpoint_auth_method',
  'resource',
  'omit_resource',
  'client_secret',
  'private_key',
];
/** Of the other gateway: where its users come back to, and how long it keeps what they consented to. */
const PERSONAL_READ_HERE = ['redirect_uri', 'token_management'];
const PERSONAL_NOTE =
  'everybody consents anew, first who imports it: register the path /oauth/callback of this gateway at its authorization server';

/**
 * How a gateway of the file gets its tokens. ContextForge writes this into no export; whoever moves puts it there from its
 * database, where secrets are sealed. Rejects with `LeftOut` where tokens are got in a way that there is none of here, or a secret
 * is missing, and with `http.invalid` where one cannot be opened.
 */
export const readOAuthConfig = async (entry: FileEntry, secret: string | undefined): Promise<ReadOAuth> => {
  const { oauth_config: config } = entry;
  if (!isObject(config) || isEmpty(config))
    throw new LeftOut(
      'it is reached with OAuth, and its oauth_config is not in the file: put it there, or register it anew',
    );
  const { grant_type: grant } = config;
  const isPersonal = grant === 'authorization_code';
  if (!isPersonal && grant !== 'client_credentials')
    throw new LeftOut(`its grant_type is ${quoted(grant)}, ${OTHER_GRANTS.get(grant) ?? 'which is not supported'}`);
  const method = methodOf(config);
  const hasKey = method === 'private_key_jwt';
  const [member, name] = hasKey ? ['privateKey', 'private_key'] : ['clientSecret', 'client_secret'];
  const taken = { ...SAME, ...(hasKey && OF_KEYS), ...(isPersonal && OF_PERSONS) };
  const known = new Set([...Object.values(taken), ...READ_HERE, ...(isPersonal ? PERSONAL_READ_HERE : [])]);
  // A public client, or one that registers itself, has no secret.
  const hasSecret = method !== 'none';
  return {
    oauthConfig: {
      grantType: grant,
      tokenEndpointAuthMethod: method,
      ...Object.fromEntries(
        Object.entries(taken)
          .filter(([, theirs]) => !isEmpty(config[theirs]))
          .map(([ours, theirs]) => [ours, config[theirs]]),
      ),
      ...resourceOf(config, isPersonal),
      ...(hasSecret && {
        [member as string]: await openSecret(secretOf(config[name as string], name as string), secret),
      }),
    },
    notes: [
      ...(isPersonal ? [PERSONAL_NOTE] : []),
      ...Object.keys(config)
        .filter((each) => !known.has(each) && !isEmpty(config[each]))
        .map((each) => `oauth_config.${each.slice(0, 64)} is not taken over`),
    ],
  };
};

/** A client that says nothing of it there sends its secret in the form. */
const methodOf = ({
  token_endpoint_auth_method: given,
  grant_type: grant,
  client_secret: secret,
}: FileEntry): unknown => {
  if (isEmpty(given)) return grant === 'authorization_code' && isEmpty(secret) ? 'none' : 'client_secret_post';
  return typeof given === 'string' ? given.trim().toLowerCase() : given;
};

/** As itself the other gateway asks for tokens without saying what they are for, unless the configuration does. */
const resourceOf = (
  { resource, omit_resource: isOmitted }: FileEntry,
  isPersonal: boolean,
): Record<string, unknown> => {
  const [only, another] = [resource].flat();
  if (another !== undefined) throw new LeftOut('its oauth_config.resource names several, which is not supported');
  if (isEmpty(only) && isPersonal && isOmitted !== true) return {};
  return isEmpty(only) || isOmitted === true ? { omitResource: true } : { resource: only };
};

const secretOf = (given: unknown, name: string): string => {
  if (typeof given !== 'string' || given === '')
    throw new LeftOut(`its oauth_config has no ${name}: put it there, or register it anew`);
  if (given === MASK) throw new LeftOut(`its ${name} is masked in the file: put it there, or register it anew`);
  return given;
};
