import { type IssuerRule, isSecureUrl, issuerRuleOf } from '#contracts/auth/trusted-issuers';
import { PRESETS, type Preset, presetOf } from './presets.js';

/** What somebody with a value in a claim gets: teams and, by name, roles; those of teams in these teams. */
export interface SignInRule extends IssuerRule {
  readonly roles: readonly string[];
}

/** Where a provider is asked, as far as its metadata does not say it. */
export interface Endpoints {
  readonly authorization: string | null;
  readonly token: string | null;
  readonly userinfo: string | null;
  readonly jwks: string | null;
}

/** An identity provider at which people sign in, without the secret that the gateway shows it. */
export interface SsoProvider {
  /** In addresses, and as `auth_provider` of the users whom it brought. */
  readonly id: string;
  readonly preset: Preset;
  readonly name: string;
  /** On the button. */
  readonly displayName: string;
  /** `null`: it speaks OAuth without OpenID Connect, and the endpoints say where. */
  readonly issuer: string | null;
  readonly endpoints: Endpoints;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Of the e-mail addresses that it may vouch for, lower case; `*` is any. */
  readonly domains: readonly string[];
  /** Ids of the Entra tenants whose people may come in, where the issuer is of many. */
  readonly tenants: readonly string[];
  /** Whether who is seen for the first time gets an account. */
  readonly createsUsers: boolean;
  /** Whether who proves the e-mail address of an account that others made here gets in to that. */
  readonly linksAccounts: boolean;
  readonly rules: readonly SignInRule[];
  readonly isEnabled: boolean;
}

/** A provider as somebody describes it; what is left out is as its preset has it. */
export interface ProviderDescription {
  readonly id: string;
  readonly preset?: Preset;
  readonly name?: string;
  readonly displayName?: string;
  readonly issuer?: string | null;
  readonly endpoints?: Partial<Endpoints>;
  readonly clientId: string;
  readonly scopes?: readonly string[];
  readonly domains: readonly string[];
  readonly tenants?: readonly string[];
  readonly createsUsers?: boolean;
  readonly linksAccounts?: boolean;
  readonly rules?: readonly unknown[];
  readonly isEnabled?: boolean;
}

export const PROVIDER_ID = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** What `auth_provider` says of users whom no such provider brought. */
const RESERVED: ReadonlySet<string> = new Set(['local', 'scim']);
const DOMAIN = /^(?:\*|[a-z0-9-]+(?:\.[a-z0-9-]+)*)$/;
/** Issuers of Entra that speak for the people of every tenant there is. */
const MANY_TENANTS = /\/(?:common|organizations|consumers)\//;
const RULES_MAX = 200;
const NO_ENDPOINTS: Endpoints = { authorization: null, token: null, userinfo: null, jwks: null };

/** The provider that is described. Throws an `Error` that says what is wrong. */
export const describedProvider = (given: ProviderDescription): SsoProvider => {
  const { id, clientId, rules = [] } = given;
  if (!PROVIDER_ID.test(id) || RESERVED.has(id)) throw new Error('id is no short name of small letters, digits and -');
  const preset = given.preset ?? (isPreset(id) ? id : 'oidc');
  const facts = presetOf(preset);
  const issuer = given.issuer ?? facts.issuer;
  const endpoints = { ...NO_ENDPOINTS, ...(issuer === null && facts.endpoints), ...given.endpoints };
  const domains = given.domains.map((domain) => domain.toLowerCase().replace(/^@/, ''));
  const provider: SsoProvider = {
    id,
    preset,
    name: given.name ?? id,
    displayName: given.displayName ?? facts.displayName ?? id,
    issuer,
    endpoints,
    clientId,
    scopes: given.scopes ?? facts.scopes,
    domains,
    tenants: (given.tenants ?? []).map((tenant) => tenant.toLowerCase()),
    createsUsers: given.createsUsers ?? true,
    linksAccounts: given.linksAccounts ?? false,
    rules: signInRulesOf(rules),
    isEnabled: given.isEnabled ?? true,
  };
  checkEndpoints(provider);
  if (domains.length === 0) throw new Error('domains is missing; ["*"] lets the provider speak for any user');
  if (!domains.every((domain) => DOMAIN.test(domain))) throw new Error('domains has members that are no domains');
  return provider;
};

export const isPreset = (id: string): id is Preset => PRESETS.some((preset) => preset === id);

/** Throws an `Error` that says what is wrong. */
export const signInRulesOf = (rules: readonly unknown[]): readonly SignInRule[] => {
  if (rules.length > RULES_MAX) throw new Error(`rules has more than ${RULES_MAX} members`);
  return rules.map((rule) => {
    const read = issuerRuleOf(rule, ['roles']);
    const roles: unknown = (rule as Readonly<Record<string, unknown>>)['roles'] ?? [];
    if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string'))
      throw new Error('roles of a rule is no list of texts');
    return { ...read, roles };
  });
};

/** A rule as it was described. */
export const describedRule = ({ claim, value, teams, roles, isAdmin }: SignInRule): object => ({
  claim,
  value,
  teams,
  roles,
  administrator: isAdmin,
});

const checkEndpoints = ({ preset, issuer, endpoints, scopes, tenants }: SsoProvider): void => {
  const urls = Object.entries({ issuer, ...endpoints });
  for (const [name, url] of urls)
    if (url !== null && (!isSecureUrl(url) || /[?#]/.test(url)))
      throw new Error(`${name} is no URL with https (http on this machine) without query and fragment`);
  if (issuer !== null) {
    if (!scopes.includes('openid')) throw new Error('scope has no openid, which OpenID Connect demands');
    if (preset === 'entra' && MANY_TENANTS.test(issuer) && tenants.length === 0)
      throw new Error('the issuer speaks for every tenant of Entra: name the tenants, or the issuer of one');
    // What openid-client knows of the issuers of tenants, it knows by the metadata that it has read itself.
    if (preset === 'entra' && MANY_TENANTS.test(issuer) && Object.values(endpoints).some((url) => url !== null))
      throw new Error('the endpoints of an issuer of many tenants are those of its metadata: leave endpoints out');
    return;
  }
  if (preset !== 'github') throw new Error('issuer is missing');
  for (const name of ['authorization', 'token', 'userinfo'] as const)
    if (endpoints[name] === null) throw new Error(`the ${name} endpoint is missing`);
};
