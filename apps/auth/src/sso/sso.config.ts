import { type Option, type Options, flag, list, optionalText, secret, text } from '#libs/config';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { type ProviderDescription, type SsoProvider, describedProvider } from './providers/sso-provider.js';

/** A provider that the settings describe, with what the gateway shows it; `null`: it is a public client there. */
export interface ConfiguredProvider {
  readonly provider: SsoProvider;
  readonly secret: string | null;
}

/** Sign-in with identity providers. */
export interface SsoSettings {
  readonly isEnabled: boolean;
  readonly createsUsers: boolean;
  readonly linksAccounts: boolean;
  readonly domains: readonly string[];
  readonly providers: readonly ConfiguredProvider[];
}

type RulesByProvider = Readonly<Record<string, readonly unknown[]>>;

const rulesOption: Option<RulesByProvider> = {
  form: 'JSON object',
  defaultValue: {},
  prose:
    'What claims give, by the id of a provider: a list of rules, as `docs/guides/company-sign-in.md` describes them, such as `{"okta":[{"claim":"groups","value":"eng","teams":["makers"]}]}`.',
  secret: false,
  parse: (value) => {
    let given: unknown;
    try {
      given = JSON.parse(value);
    } catch {
      throw new Error('is no JSON');
    }
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    if (!isObject || !Object.values(given as object).every(Array.isArray))
      throw new Error('is no JSON object of lists');
    return given as RulesByProvider;
  },
};

const clientOptions = <const Name extends string>(name: Name, who: string) =>
  ({
    [`SSO_${name}_ENABLED`]: flag(
      false,
      `Whether people sign in with ${who}; needs PUBLIC_URL and SSO_TRUSTED_DOMAINS.`,
    ),
    [`SSO_${name}_CLIENT_ID`]: optionalText('The client id that it knows the gateway by.'),
    [`SSO_${name}_CLIENT_SECRET`]: secret('The secret of that client; unset: the gateway is a public client there.'),
  }) as Record<`SSO_${Name}_ENABLED`, Option<boolean>> &
    Record<`SSO_${Name}_CLIENT_ID` | `SSO_${Name}_CLIENT_SECRET`, Option<string | null>>;

export const ssoOptions = {
  SSO_ENABLED: flag(
    true,
    'Whether people may sign in with identity providers, those of the settings and those kept by `/auth/sso`.',
  ),
  SSO_AUTO_CREATE_USERS: flag(true, 'Whether whom such a provider signs in for the first time gets an account.'),
  SSO_LINK_ACCOUNTS: flag(
    false,
    'Whether they get in to an account of their verified address that was made otherwise. Only where the provider is trusted with the accounts that are here.',
  ),
  SSO_TRUSTED_DOMAINS: list(
    [],
    'Domains of the e-mail addresses that the providers of the settings may vouch for; `*` is any, which of Google or GitHub is everybody.',
  ),
  SSO_RULES: rulesOption,
  ...clientOptions('ENTRA', 'Microsoft Entra ID'),
  SSO_ENTRA_TENANT_ID: optionalText('The tenant; `organizations` for those of SSO_ENTRA_TENANTS.'),
  SSO_ENTRA_TENANTS: list(
    [],
    'Ids of the tenants whose people may come in, where SSO_ENTRA_TENANT_ID is `organizations`.',
  ),
  ...clientOptions('OKTA', 'Okta'),
  SSO_OKTA_ISSUER: optionalText(
    'Its issuer, such as `https://acme.okta.com` or `https://acme.okta.com/oauth2/default`.',
  ),
  ...clientOptions('KEYCLOAK', 'Keycloak'),
  SSO_KEYCLOAK_BASE_URL: optionalText('Where it is, such as `https://idp.example.org`.'),
  SSO_KEYCLOAK_REALM: text('master', 'The realm.'),
  ...clientOptions('GOOGLE', 'Google'),
  ...clientOptions('GITHUB', 'GitHub'),
  ...clientOptions('GENERIC', 'any other provider that speaks OpenID Connect'),
  SSO_GENERIC_PROVIDER_ID: text('company', 'Its id, in addresses and rules.'),
  SSO_GENERIC_DISPLAY_NAME: optionalText('What stands on its button; the id where it is unset.'),
  SSO_GENERIC_ISSUER: optionalText('Its issuer.'),
} satisfies Options;

type SsoConfig = {
  readonly [Name in keyof typeof ssoOptions]: (typeof ssoOptions)[Name] extends Option<infer Value> ? Value : never;
};

/** Throws an `Error` that says what is wrong. */
export const ssoSettingsOf = (config: SsoConfig): SsoSettings => {
  const {
    SSO_AUTO_CREATE_USERS: createsUsers,
    SSO_LINK_ACCOUNTS: linksAccounts,
    SSO_TRUSTED_DOMAINS: domains,
  } = config;
  const settings = { isEnabled: config.SSO_ENABLED, createsUsers, linksAccounts, domains };
  const providers = NAMES.filter((name) => config[`SSO_${name}_ENABLED`]).map((name) => configured(name, config));
  const ids = new Set(providers.map(({ provider }) => provider.id));
  if (ids.size < providers.length) throw new Error('SSO_GENERIC_PROVIDER_ID: another provider has that id');
  const stray = Object.keys(config.SSO_RULES).find((id) => !ids.has(id));
  if (config.SSO_ENABLED && stray !== undefined) throw new Error(`SSO_RULES: no provider "${stray}" is enabled`);
  return { ...settings, providers: config.SSO_ENABLED ? providers : [] };
};

const NAMES = ['ENTRA', 'OKTA', 'KEYCLOAK', 'GOOGLE', 'GITHUB', 'GENERIC'] as const;

const configured = (name: (typeof NAMES)[number], config: SsoConfig): ConfiguredProvider => {
  const clientId = config[`SSO_${name}_CLIENT_ID`];
  try {
    if (clientId === null) throw new Error(`SSO_${name}_CLIENT_ID is missing`);
    const place = placeOf(name, config);
    const provider = describedProvider({
      ...place,
      clientId,
      domains: config.SSO_TRUSTED_DOMAINS,
      createsUsers: config.SSO_AUTO_CREATE_USERS,
      linksAccounts: config.SSO_LINK_ACCOUNTS,
      rules: config.SSO_RULES[place.id] ?? [],
    });
    return { provider, secret: config[`SSO_${name}_CLIENT_SECRET`] };
  } catch (error) {
    throw new Error(`SSO_${name}_ENABLED: ${(error as Error).message}`, { cause: error });
  }
};

const placeOf = (
  name: (typeof NAMES)[number],
  config: SsoConfig,
): Pick<ProviderDescription, 'id' | 'issuer' | 'displayName' | 'tenants'> => {
  switch (name) {
    case 'ENTRA': {
      const tenant = encodeURIComponent(needed('SSO_ENTRA_TENANT_ID', config.SSO_ENTRA_TENANT_ID));
      const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`;
      return { id: 'entra', issuer, tenants: config.SSO_ENTRA_TENANTS };
    }
    case 'OKTA':
      return { id: 'okta', issuer: needed('SSO_OKTA_ISSUER', config.SSO_OKTA_ISSUER) };
    case 'KEYCLOAK': {
      const base = needed('SSO_KEYCLOAK_BASE_URL', config.SSO_KEYCLOAK_BASE_URL).replace(/\/$/, '');
      return { id: 'keycloak', issuer: `${base}/realms/${encodeURIComponent(config.SSO_KEYCLOAK_REALM)}` };
    }
    case 'GENERIC': {
      const displayName = config.SSO_GENERIC_DISPLAY_NAME ?? config.SSO_GENERIC_PROVIDER_ID;
      const issuer = needed('SSO_GENERIC_ISSUER', config.SSO_GENERIC_ISSUER);
      return { id: config.SSO_GENERIC_PROVIDER_ID, issuer, displayName };
    }
    default:
      return { id: name.toLowerCase() };
  }
};

const needed = (name: string, value: string | null): string => {
  if (value === null) throw new Error(`${name} is missing`);
  if (name !== 'SSO_ENTRA_TENANT_ID' && !isSecureUrl(value))
    throw new Error(`${name} is no URL with https (http on this machine)`);
  return value;
};
