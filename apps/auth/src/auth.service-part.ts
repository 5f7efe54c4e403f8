import type { ServicePart } from '#libs/service';
import { authOptions } from './auth.config.js';
import { AuthModule } from './auth.module.js';

export const authService: ServicePart<typeof authOptions> = {
  name: 'auth',
  options: authOptions,
  module: (config) => AuthModule.with(config),
  needs: { database: true },
  secrets: ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'],
};
