import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { AuthKeysAnnounced } from '#contracts/auth/keys-announced.signal';
import { BUS, type Bus } from '#libs/bus';
import { Readiness, ReplicaKeys } from '#libs/service';
import { LOGGER, type Logger } from '#libs/telemetry';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { type JwtKeys, keyTexts, loadJwtKeys } from './jwt.keys.js';
import { issuerTokensOf } from './issuer-tokens.js';
import { JwtService } from './jwt.service.js';

const JWT_KEYS = Symbol('JWT_KEYS');
/** `null` where no issuer is trusted. */
export const ISSUER_TOKENS = Symbol('ISSUER_TOKENS');

/**
 * Signs and verifies tokens with the keys of the settings, which are tried before anybody calls; and notices when another
 * replica of auth has other keys.
 */
@Module({
  providers: [
    {
      provide: JWT_KEYS,
      inject: [AUTH_SETTINGS],
      useFactory: ({ jwt }: AuthSettings) => loadJwtKeys(jwt),
    },
    {
      provide: JwtService,
      inject: [JWT_KEYS, AUTH_SETTINGS],
      useFactory: (keys: JwtKeys, { jwt }: AuthSettings) => new JwtService(keys, jwt),
    },
    {
      provide: ISSUER_TOKENS,
      inject: [AUTH_SETTINGS],
      useFactory: issuerTokensOf,
    },
    {
      provide: ReplicaKeys,
      inject: [BUS, JWT_KEYS, AUTH_SETTINGS, LOGGER],
      useFactory: (bus: Bus, keys: JwtKeys, { encryption }: AuthSettings, logger: Logger) =>
        new ReplicaKeys(
          bus,
          {
            publish: (announcement) => bus.signal(AuthKeysAnnounced, announcement),
            subscribe: (handler) => bus.subscribe(AuthKeysAnnounced, handler),
          },
          {
            [keys.algorithm.startsWith('HS') ? 'JWT_SECRET_KEY' : 'JWT_PUBLIC_KEY_PATH']: keyTexts(keys),
            ...(encryption.secret !== null && {
              AUTH_ENCRYPTION_SECRET: [encryption.secret, ...encryption.previousSecrets],
            }),
          },
          logger,
        ),
    },
  ],
  exports: [JwtService, ISSUER_TOKENS],
})
export class JwtModule implements OnApplicationShutdown {
  constructor(
    private readonly keys: ReplicaKeys,
    readiness: Readiness,
  ) {
    readiness.addWarning('keys of auth', () => keys.warning());
  }

  onApplicationShutdown(): void {
    this.keys.close();
  }
}
