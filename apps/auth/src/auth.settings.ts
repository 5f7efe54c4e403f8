import { Inject } from '@nestjs/common';
import { ownIssuerOf } from '#contracts/auth/oauth/own-issuer';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import { fail } from '#libs/errors';
import type { AuthConfig, JwtAlgorithm } from './auth.config.js';
import type { Sender } from './mail/mail.js';
import { type SsoSettings, ssoSettingsOf } from './sso/sso.config.js';
import type { SmtpSettings } from './mail/smtp-mail.js';

/** How tokens are signed and accepted. */
export interface JwtSettings {
  readonly algorithm: JwtAlgorithm;
  /** For `HS*`. */
  readonly secret: string | null;
  /** Accepted, not signed with. */
  readonly formerSecrets: readonly string[];
  /** PEM files, for every other algorithm. */
  readonly privateKeyPath: string | null;
  readonly publicKeyPath: string | null;
  /** Accepted too. */
  readonly formerPublicKeyPaths: readonly string[];
  readonly issuer: string;
  readonly audience: string;
}

/** Whose access tokens are good besides those that are signed here. */
export interface SignInSettings {
  /** The origin of the endpoints that they are for. */
  readonly publicUrl: string;
  readonly issuers: readonly TrustedIssuer[];
}

/** The gateway as an authorization server. */
export interface AuthorizationServerSettings {
  readonly issuer: TrustedIssuer;
  readonly accessTokenLifeMs: number;
  /** How long a consent holds. */
  readonly consentLifeMs: number;
  /** Clients that registered themselves. */
  readonly clientsMax: number;
}

/** How upstream credentials are encrypted at rest. */
export interface EncryptionSettings {
  readonly secret: string | null;
  /** Still read, no longer written. */
  readonly previousSecrets: readonly string[];
}

/** Where messages to people go. */
export type MailSettings = { readonly sender: Sender } & (
  | { readonly smtp: SmtpSettings }
  | { readonly folder: string }
);

/** A KV engine, version 2, of HashiCorp Vault or OpenBao. */
export interface VaultSettings {
  readonly address: string;
  readonly token: string;
  readonly namespace: string | null;
  /** Where the engine is mounted. */
  readonly mount: string;
  /** What the paths of all secrets begin with. */
  readonly prefix: string;
  readonly verifiesTls: boolean;
}

/** What auth was told, in the units the code counts in. */
export interface AuthSettings {
  readonly jwt: JwtSettings;
  /** Under which people reach the gateway; an origin. */
  readonly publicUrl: string | null;
  /** `null`: no issuer is trusted. */
  readonly signIn: SignInSettings | null;
  /** `null`: the gateway is none. */
  readonly authorizationServer: AuthorizationServerSettings | null;
  readonly sso: SsoSettings;
  readonly encryption: EncryptionSettings;
  /** Null: access tokens for upstreams are kept in the database. */
  readonly vault: VaultSettings | null;
  /** Whether the user a token names must be known here. */
  readonly requiresKnownUser: boolean;
  /** How long a token may be good, whoever signed it. */
  readonly tokenLifeMaxMs: number;
  /** Good tokens that a user may have asked for. */
  readonly tokensMax: number;
  readonly login: {
    readonly tokenLifeMs: number;
    /** Wrong passwords in a row after which an address is locked out of an account. */
    readonly attemptsMax: number;
    /** Failed log-ins from one address within `lockoutMs`. */
    readonly perAddressMax: number;
    readonly lockoutMs: number;
    /** By which the platform's administrator logs in who has no password yet. */
    readonly first: { readonly email: string; readonly password: string } | null;
  };
  /** `null`: no mail is set up. */
  readonly mail: MailSettings | null;
  /** Links by which to set a new password; `null`: there are none. */
  readonly recovery: { readonly lifeMs: number; readonly max: number; readonly windowMs: number } | null;
  readonly isRegistrationOpen: boolean;
  /** Name of the global role that every user has. */
  readonly defaultRole: string;
  readonly teams: {
    readonly membersMax: number;
    /** Besides the personal one. */
    readonly teamsMax: number;
    readonly invitationLifeMs: number;
  };
  readonly platformAdmin: {
    /** Lower case. */
    readonly email: string;
    readonly password: string | null;
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const settingsOf = (config: AuthConfig): AuthSettings => ({
  jwt: {
    algorithm: config.JWT_ALGORITHM,
    secret: config.JWT_SECRET_KEY,
    formerSecrets: config.JWT_SECRET_KEY_PREVIOUS,
    privateKeyPath: config.JWT_PRIVATE_KEY_PATH,
    publicKeyPath: config.JWT_PUBLIC_KEY_PATH,
    formerPublicKeyPaths: config.JWT_PUBLIC_KEY_PATH_PREVIOUS,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
  },
  publicUrl: config.PUBLIC_URL,
  signIn: signInOf(config),
  authorizationServer: authorizationServerOf(config),
  sso: ssoOf(config),
  encryption: {
    secret: config.AUTH_ENCRYPTION_SECRET,
    previousSecrets: config.AUTH_ENCRYPTION_SECRETS_PREVIOUS,
  },
  vault: vaultOf(config),
  requiresKnownUser: config.REQUIRE_USER_IN_DB,
  tokenLifeMaxMs: config.TOKEN_LIFETIME_MAX_DAYS * DAY_MS,
  tokensMax: config.MAX_TOKENS_PER_USER,
  login: {
    tokenLifeMs: Math.min(config.TOKEN_EXPIRY * MINUTE_MS, config.TOKEN_LIFETIME_MAX_DAYS * DAY_MS),
    attemptsMax: config.MAX_FAILED_LOGIN_ATTEMPTS,
    perAddressMax: config.LOGIN_FAILURES_PER_ADDRESS_MAX,
    lockoutMs: config.ACCOUNT_LOCKOUT_DURATION_MINUTES * MINUTE_MS,
    first: firstLoginOf(config),
  },
  mail: mailOf(config),
  recovery: config.PASSWORD_RESET_ENABLED
    ? {
        lifeMs: config.PASSWORD_RESET_TOKEN_EXPIRY_MINUTES * MINUTE_MS,
        max: config.PASSWORD_RESET_RATE_LIMIT,
        windowMs: config.PASSWORD_RESET_RATE_WINDOW_MINUTES * MINUTE_MS,
      }
    : null,
  isRegistrationOpen: config.PUBLIC_REGISTRATION_ENABLED,
  defaultRole: config.DEFAULT_ROLE,
  teams: {
    membersMax: config.MAX_MEMBERS_PER_TEAM,
    teamsMax: config.MAX_TEAMS_PER_USER,
    invitationLifeMs: config.INVITATION_EXPIRY_DAYS * DAY_MS,
  },
  platformAdmin: {
    email: config.PLATFORM_ADMIN_EMAIL.toLowerCase(),
    password: config.PLATFORM_ADMIN_PASSWORD,
  },
});

const firstLoginOf = ({
  PLATFORM_ADMIN_EMAIL: email,
  PLATFORM_ADMIN_FIRST_PASSWORD: password,
}: AuthConfig): AuthSettings['login']['first'] => (password === null ? null : { email: email.toLowerCase(), password });

const signInOf = ({
  PUBLIC_URL: publicUrl,
  TRUSTED_ISSUERS: issuers,
  JWT_ISSUER,
}: AuthConfig): SignInSettings | null => {
  if (issuers.length === 0) return null;
  if (publicUrl === null)
    throw fail('config.invalid', {
      message: 'TRUSTED_ISSUERS needs PUBLIC_URL: what their tokens are for begins with it',
    });
  if (issuers.some(({ issuer }) => issuer === JWT_ISSUER))
    throw fail('config.invalid', {
      message: 'JWT_ISSUER is this gateway itself, and cannot be one of TRUSTED_ISSUERS',
    });
  return { publicUrl, issuers };
};

const authorizationServerOf = (config: AuthConfig): AuthorizationServerSettings | null => {
  const issuer = ownIssuerOf(config);
  if (issuer === null) return null;
  return {
    issuer,
    accessTokenLifeMs: config.OAUTH_ACCESS_TOKEN_MINUTES * MINUTE_MS,
    consentLifeMs: Math.min(config.OAUTH_CONSENT_DAYS, config.TOKEN_LIFETIME_MAX_DAYS) * DAY_MS,
    clientsMax: config.OAUTH_CLIENTS_MAX,
  };
};

const ssoOf = (config: AuthConfig): SsoSettings => {
  let settings: SsoSettings;
  try {
    settings = ssoSettingsOf(config);
  } catch (error) {
    throw fail('config.invalid', { message: (error as Error).message });
  }
  if (settings.providers.length > 0 && config.PUBLIC_URL === null)
    throw fail('config.invalid', { message: 'SSO_…_ENABLED needs PUBLIC_URL: providers send people back to it' });
  return settings;
};

const mailOf = (config: AuthConfig): MailSettings | null => {
  const { SMTP_HOST: host, MAIL_DIR: folder, SMTP_FROM_EMAIL: address } = config;
  if (host === null && folder === null) return null;
  if (host !== null && folder !== null)
    throw fail('config.invalid', { message: 'SMTP_HOST and MAIL_DIR are two ways to send mail: set one of them' });
  const missing = address === null ? 'SMTP_FROM_EMAIL' : config.PUBLIC_URL === null ? 'PUBLIC_URL' : null;
  if (address === null || missing !== null)
    throw fail('config.invalid', { message: `${host === null ? 'MAIL_DIR' : 'SMTP_HOST'} needs ${missing}` });
  const sender = { name: config.SMTP_FROM_NAME, address };
  if (host === null) return { sender, folder: folder ?? '' };
  const smtp = {
    host,
    port: config.SMTP_PORT,
    isImplicitTls: config.SMTP_USE_SSL,
    isPlain: !config.SMTP_USE_TLS && !config.SMTP_USE_SSL,
    user: config.SMTP_USER,
    password: config.SMTP_PASSWORD,
    timeoutMs: config.SMTP_TIMEOUT_SECONDS * 1000,
  };
  return { sender, smtp };
};

const vaultOf = (config: AuthConfig): VaultSettings | null => {
  if (config.OAUTH_TOKEN_BACKEND === 'database') return null;
  const { VAULT_ADDR: address, VAULT_TOKEN: token } = config;
  if (token === null)
    throw fail('config.invalid', { message: 'VAULT_TOKEN is required with OAUTH_TOKEN_BACKEND=vault' });
  return {
    address,
    token,
    namespace: config.VAULT_NAMESPACE,
    mount: config.VAULT_KV_MOUNT,
    prefix: config.VAULT_KV_PATH_PREFIX,
    verifiesTls: config.VAULT_TLS_VERIFY,
  };
};

/** The secret. Throws `config.invalid` where there is none; that it is strong is checked where it is read. */
export const requiredSecret = (name: string, secret: string | null): string => {
  if (secret !== null) return secret;
  throw fail('config.invalid', { message: `${name} is required; make one with: openssl rand -base64 48` });
};

export const AUTH_SETTINGS = Symbol('AUTH_SETTINGS');
export const InjectAuthSettings = (): ParameterDecorator & PropertyDecorator => Inject(AUTH_SETTINGS);
