/** Providers of which it is known what they do otherwise than others; `oidc` is any that does nothing so. */
export const PRESETS = ['oidc', 'entra', 'okta', 'keycloak', 'google', 'github'] as const;
export type Preset = (typeof PRESETS)[number];

interface PresetFacts {
  readonly displayName: string | null;
  readonly issuer: string | null;
  readonly scopes: readonly string[];
  readonly endpoints?: { readonly authorization: string; readonly token: string; readonly userinfo: string };
  /** Roles and groups stand in the access token alone. */
  readonly readsAccessToken?: true;
  /** What its metadata leaves out. */
  readonly clientAuthentication?: 'client_secret_post';
}

const OPENID = ['openid', 'profile', 'email'];

const FACTS: Readonly<Record<Preset, PresetFacts>> = {
  oidc: { displayName: null, issuer: null, scopes: OPENID },
  // The access token is then one for Microsoft Graph, which is asked for groups that are too many for a token.
  entra: { displayName: 'Microsoft Entra ID', issuer: null, scopes: [...OPENID, 'User.Read'] },
  okta: { displayName: 'Okta', issuer: null, scopes: [...OPENID, 'groups'] },
  keycloak: { displayName: 'Keycloak', issuer: null, scopes: OPENID, readsAccessToken: true },
  google: { displayName: 'Google', issuer: 'https://accounts.google.com', scopes: OPENID },
  github: {
    displayName: 'GitHub',
    issuer: null,
    scopes: ['read:user', 'user:email', 'read:org'],
    endpoints: {
      authorization: 'https://github.com/login/oauth/authorize',
      token: 'https://github.com/login/oauth/access_token',
      userinfo: 'https://api.github.com/user',
    },
    clientAuthentication: 'client_secret_post',
  },
};

export const presetOf = (preset: Preset): PresetFacts => FACTS[preset];
