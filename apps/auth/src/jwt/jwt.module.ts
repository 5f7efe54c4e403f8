import { Module } from '@nestjs/common';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { loadJwtKeys } from './jwt.keys.js';
import { JwtService } from './jwt.service.js';

/** Signs and verifies tokens with the keys of the settings, which are tried before anybody calls. */
@Module({
  providers: [
    {
      provide: JwtService,
      inject: [AUTH_SETTINGS],
      useFactory: async ({ jwt }: AuthSettings) => new JwtService(await loadJwtKeys(jwt), jwt),
    },
  ],
  exports: [JwtService],
})
export class JwtModule {}
