import { ASSERTION_ALGORITHMS } from '#contracts/auth/oauth/oauth-client';
import { authorizationServerOption } from '#contracts/auth/oauth/own-issuer';
import { formerJwtSecretsOption, jwtSecretOption } from '#contracts/auth/shared-settings';
import { isSecureUrl, publicUrlOption, trustedIssuersOption } from '#contracts/auth/trusted-issuers';
import { ssoOptions } from './sso/sso.config.js';
import { type ConfigOf, flag, integer, list, oneOf, optionalText, secret, secretList, text } from '#libs/config';

export const JWT_ALGORITHMS = ['HS256', 'HS384', 'HS512', ...ASSERTION_ALGORITHMS] as const;

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Segments are written as they are. */
const isVaultPath = (path: string): boolean =>
  /^[\w.-]+(?:\/[\w.-]+)*$/.test(path) && !/(?:^|\/)\.\.?(?:\/|$)/.test(path);

export const authOptions = {
  JWT_ALGORITHM: oneOf(JWT_ALGORITHMS, 'HS256', 'The one algorithm tokens are signed with and accepted in.'),
  JWT_SECRET_KEY: jwtSecretOption,
  JWT_SECRET_KEY_PREVIOUS: formerJwtSecretsOption,
  JWT_PRIVATE_KEY_PATH: optionalText(
    'PEM file that signs tokens when JWT_ALGORITHM is not HS*. Without it tokens are only verified.',
  ),
  JWT_PUBLIC_KEY_PATH: optionalText(
    "PEM file that verifies tokens when JWT_ALGORITHM is not HS*; by default the private key's other half.",
  ),
  JWT_PUBLIC_KEY_PATH_PREVIOUS: list(
    [],
    'PEM files of further public keys that tokens are accepted by when JWT_ALGORITHM is not HS*: former ones, and the next one while replicas are being restarted.',
  ),
  JWT_AUDIENCE: text('mcpgateway-api', 'What the `aud` claim of a token must be, or hold.'),
  JWT_ISSUER: text('mcpgateway', 'What the `iss` claim of a token must be.'),
  PUBLIC_URL: publicUrlOption,
  TRUSTED_ISSUERS: trustedIssuersOption,
  AUTHORIZATION_SERVER_ENABLED: authorizationServerOption,
  OAUTH_ACCESS_TOKEN_MINUTES: integer(
    15,
    'Minutes for which an access token of the own authorization server is good; clients renew it by themselves.',
    { min: 1, max: 1440 },
  ),
  OAUTH_CONSENT_DAYS: integer(
    30,
    'Days after which a person signs in and consents anew, at most TOKEN_LIFETIME_MAX_DAYS.',
    { min: 1, max: 3650 },
  ),
  OAUTH_CLIENTS_MAX: integer(
    10_000,
    'Clients that may be registered at once by themselves (RFC 7591); one that nobody has consented to is forgotten after a day.',
    { min: 1, max: 1_000_000 },
  ),
  REQUIRE_USER_IN_DB: flag(
    true,
    'Whether the user a token names must be known here. When false, an unknown one is an ordinary user.',
  ),
  TOKEN_EXPIRY: integer(480, 'Minutes for which a token obtained by logging in is good.', { min: 1, max: 525_600 }),
  TOKEN_LIFETIME_MAX_DAYS: integer(
    365,
    'Days for which a token may be good at most, whoever signed it; one that lives longer is neither made nor accepted.',
    { min: 1, max: 3650 },
  ),
  MAX_TOKENS_PER_USER: integer(
    1000,
    'Good tokens that one user may have asked for, besides those of log-ins and consents; who has as many is refused another.',
    { min: 1, max: 100_000 },
  ),
  PLATFORM_ADMIN_EMAIL: text('admin@example.com', 'The administrator that exists from the first start.'),
  PLATFORM_ADMIN_PASSWORD: secret(
    'Password of that administrator, taken over once; at least 12 characters. Unset: no log-in by password, embedded by PLATFORM_ADMIN_FIRST_PASSWORD alone.',
  ),
  PLATFORM_ADMIN_FIRST_PASSWORD: secret(
    'By which that administrator logs in for as long as they have no password. Embedded, one is made at the first start and kept in `secrets.json` of the data folder.',
  ),
  MAX_FAILED_LOGIN_ATTEMPTS: integer(
    5,
    'Wrong passwords in a row after which the address that they came from is locked out of the account; of IPv6 its /64.',
    { min: 1, max: 1000 },
  ),
  LOGIN_FAILURES_PER_ADDRESS_MAX: integer(
    50,
    'Failed log-ins from one address, of whatever accounts, within ACCOUNT_LOCKOUT_DURATION_MINUTES; those beyond get 429.',
    { min: 1, max: 1_000_000 },
  ),
  ACCOUNT_LOCKOUT_DURATION_MINUTES: integer(15, 'Minutes for which it stays locked out.', { min: 1, max: 10_080 }),
  PUBLIC_REGISTRATION_ENABLED: flag(
    false,
    'Whether anybody may make themselves an account, by an e-mail address that nobody checks; not one for which a trusted issuer or an identity provider speaks.',
  ),
  PASSWORD_RESET_ENABLED: flag(
    true,
    'Whether who forgot their password is mailed a link to set a new one, where mail is set up.',
  ),
  PASSWORD_RESET_TOKEN_EXPIRY_MINUTES: integer(60, 'Minutes for which such a link is good.', { min: 1, max: 1440 }),
  PASSWORD_RESET_RATE_LIMIT: integer(5, 'Links that one user is mailed within PASSWORD_RESET_RATE_WINDOW_MINUTES.', {
    min: 1,
    max: 100,
  }),
  PASSWORD_RESET_RATE_WINDOW_MINUTES: integer(15, 'Minutes, for PASSWORD_RESET_RATE_LIMIT.', { min: 1, max: 1440 }),
  SMTP_HOST: optionalText('Mail server that messages to people are handed to; needs PUBLIC_URL and SMTP_FROM_EMAIL.'),
  SMTP_PORT: integer(587, 'Its port.', { min: 1, max: 65_535 }),
  SMTP_USE_TLS: flag(true, 'Whether STARTTLS is demanded; without it messages and password go in clear.'),
  SMTP_USE_SSL: flag(false, 'Whether TLS begins with the connection, as on port 465.'),
  SMTP_USER: optionalText('Who logs in to the mail server; unset: nobody.'),
  SMTP_PASSWORD: secret('Their password.'),
  SMTP_TIMEOUT_SECONDS: integer(15, 'Seconds that each step of sending may take.', { min: 1, max: 300 }),
  SMTP_FROM_EMAIL: optionalText('The address that messages come from.'),
  SMTP_FROM_NAME: text('Switchyard', 'The name beside it.'),
  MAIL_DIR: optionalText(
    'Instead of SMTP_HOST: a folder into which each message is put as an `.eml` file, for another program to send.',
  ),
  DEFAULT_ROLE: text(
    'user',
    'Name of the global role that every user has, whatever else they are given; what it permits is what an ordinary user may do.',
  ),
  MAX_TEAMS_PER_USER: integer(50, 'Teams that one user may be in, besides their personal one.', { min: 1, max: 400 }),
  MAX_MEMBERS_PER_TEAM: integer(
    100,
    'Members that one team may have; as many invitations to it, and wishes to join it, may be open.',
    { min: 1, max: 100_000 },
  ),
  INVITATION_EXPIRY_DAYS: integer(7, 'Days for which an invitation to a team, or a wish to join one, is good.', {
    min: 1,
    max: 365,
  }),
  AUTH_ENCRYPTION_SECRET: secret(
    'Encrypts what is presented to upstreams; at least 32 characters. Embedded, one is made at the first start.',
  ),
  OAUTH_TOKEN_BACKEND: oneOf(
    ['database', 'vault'],
    'database',
    'Where access tokens for upstreams are kept: encrypted in the database, or in the KV engine, version 2, of Vault or OpenBao.',
  ),
  VAULT_ADDR: text('http://127.0.0.1:8200', 'Where Vault is reached, for OAUTH_TOKEN_BACKEND=vault.', {
    isText: isSecureUrl,
    form: 'URL with https (http on this machine)',
  }),
  VAULT_TOKEN: secret(
    'What Vault is shown; required with OAUTH_TOKEN_BACKEND=vault. It is not renewed, so it has to outlive the process or be periodic.',
  ),
  VAULT_NAMESPACE: optionalText('Namespace in Vault, where it has such.'),
  VAULT_KV_MOUNT: text('secret', 'Where the KV engine, version 2, is mounted in Vault.', {
    isText: isVaultPath,
    form: 'path without a slash at its ends',
  }),
  VAULT_KV_PATH_PREFIX: text(
    'switchyard/oauth',
    'What the paths of tokens in Vault begin with; the id of the gateway follows.',
    {
      isText: isVaultPath,
      form: 'path without a slash at its ends',
    },
  ),
  VAULT_TLS_VERIFY: flag(true, "Whether Vault's certificate is checked. Only ever false on a developer's machine."),
  AUTH_ENCRYPTION_SECRETS_PREVIOUS: secretList(
    'Further values of AUTH_ENCRYPTION_SECRET, comma-separated, each at least 32 characters: what they encrypted is read, nothing is written with them.',
  ),
  ...ssoOptions,
};

export type AuthConfig = ConfigOf<typeof authOptions>;
