import type { INestApplicationContext } from '@nestjs/common';
import type { ServicePart } from '#libs/service';
import { ConsoleSessionService } from './console-session/console-session.service.js';
import { authOptions } from './auth.config.js';
import { AuthModule } from './auth.module.js';
import { AUTH_SETTINGS, type AuthSettings } from './auth.settings.js';
import { authDatabase } from './storage/auth.database.js';
import type { IssuedToken } from './tokens/token-issuer.js';
import { TokenService } from './tokens/token.service.js';

/** The service that keeps users, tokens, revocations and the credentials for upstreams, as a process hosts it. */
export const authService: ServicePart<typeof authOptions> = {
  name: 'auth',
  options: authOptions,
  module: (config) => AuthModule.with(config),
  needs: { database: authDatabase },
  secrets: ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'],
  firstSecrets: ['PLATFORM_ADMIN_FIRST_PASSWORD'],
  formerSecrets: {
    JWT_SECRET_KEY: 'JWT_SECRET_KEY_PREVIOUS',
    AUTH_ENCRYPTION_SECRET: 'AUTH_ENCRYPTION_SECRETS_PREVIOUS',
  },
};

const tokensOf = (application: INestApplicationContext) => ({
  tokens: application.get(TokenService, { strict: false }),
  email: application.get<AuthSettings>(AUTH_SETTINGS, { strict: false }).platformAdmin.email,
});

/** Who may sign in from the start at the gateway's own authorization server; `null` where it is none. */
export const firstAdministrator = (application: INestApplicationContext): string | null => {
  const settings = application.get<AuthSettings>(AUTH_SETTINGS, { strict: false });
  return settings.authorizationServer === null ? null : settings.platformAdmin.email;
};

/** A token of the platform's administrator, from a process that runs auth: for whoever started it on their own machine. */
export const issueAdminToken = (application: INestApplicationContext, expiresInMs: number): Promise<IssuedToken> => {
  const { tokens, email } = tokensOf(application);
  return tokens.issueForAdmin(email, expiresInMs);
};

/** A token for a client of theirs: it uses what is public, and administers nothing. */
export const issueClientToken = (application: INestApplicationContext, expiresInMs: number): Promise<IssuedToken> => {
  const { tokens, email } = tokensOf(application);
  return tokens.issueForUse(email, expiresInMs);
};

/** The code of a link that opens the console once, as the platform's administrator. */
export const issueConsoleCode = (application: INestApplicationContext, expiresInMs: number): Promise<string> =>
  application.get(ConsoleSessionService, { strict: false }).linkForAdmin(expiresInMs);

/** Ends a token that was issued here. */
export const endToken = (application: INestApplicationContext, { tokenId, expiresAt }: IssuedToken): Promise<void> => {
  const { tokens, email } = tokensOf(application);
  return tokens.end(tokenId, expiresAt, email);
};
