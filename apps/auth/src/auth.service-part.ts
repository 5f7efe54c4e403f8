import type { INestApplicationContext } from '@nestjs/common';
import type { ServicePart } from '#libs/service';
import { authOptions } from './auth.config.js';
import { AuthModule } from './auth.module.js';
import { AUTH_SETTINGS, type AuthSettings } from './auth.settings.js';
import { TokenService } from './tokens/token.service.js';

export const authService: ServicePart<typeof authOptions> = {
  name: 'auth',
  options: authOptions,
  module: (config) => AuthModule.with(config),
  needs: { database: true },
  secrets: ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'],
};

/** A token of the platform's administrator, from a process that runs auth: for whoever started it on their own machine. */
export const issueAdminToken = (application: INestApplicationContext, expiresInMs: number): Promise<string> => {
  const { platformAdmin } = application.get<AuthSettings>(AUTH_SETTINGS, { strict: false });
  return application.get(TokenService, { strict: false }).issueForAdmin(platformAdmin.email, expiresInMs);
};
