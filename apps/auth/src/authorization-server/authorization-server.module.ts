import { Module } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import { LOGGER, type Logger } from '#libs/telemetry';
import { AUTH_SETTINGS, type AuthSettings } from '../auth.settings.js';
import { ownKeysOf } from '../jwt/own-keys.js';
import { LoginModule } from '../login/login.module.js';
import { MachineClientModule } from '../machine-clients/machine-client.module.js';
import { MachineClientService } from '../machine-clients/machine-client.service.js';
import { SsoModule } from '../sso/sso.module.js';
import { TokenModule } from '../tokens/token.module.js';
import { TokenService } from '../tokens/token.service.js';
import { UserModule } from '../users/user.module.js';
import { UserService } from '../users/user.service.js';
import { ConsentService } from './consent.service.js';
import { AuthorizationServerFace } from './http/authorization-server-face.js';
import { documentFetch } from './http/client-documents.js';
import { Introductions } from './http/introductions.js';
import { OPENING_PROVIDER, OpeningProvider } from './opening-provider.js';
import { SignInElsewhere } from './sign-in-elsewhere.js';
import { SignInService } from './sign-in.service.js';
import { ArtifactRepository } from './storage/artifact.repository.js';

type Injected = [
  AuthSettings,
  ArtifactRepository,
  Introductions,
  TokenService,
  UserService,
  MachineClientService,
  Bus,
  Logger,
];

const openingProvider = (
  ...[{ authorizationServer: settings, jwt }, artifacts, introductions, tokens, users, machines, bus, logger]: Injected
): OpeningProvider | null => {
  if (settings === null) return null;
  const { consentLifeMs, issuer } = settings;
  return new OpeningProvider(issuer.issuer, async () => {
    const [{ openProvider }, { StoredModel }] = await Promise.all([
      import('./provider.js'),
      import('./storage/stored-model.js'),
    ]);
    const provider = openProvider({
      settings,
      keys: ownKeysOf(jwt),
      adapter: (kind) => new StoredModel(kind, { artifacts, tokens, machines, consentLifeMs }),
      fetch: documentFetch(bus),
      mayFetchFor: (request) => introductions.count(request),
      isActive: async (email) => (await users.find(email))?.isActive === true,
    });
    const tell = (error: Error) => logger.error({ err: error }, 'the authorization server failed');
    provider.on('server_error', (_ctx, error) => tell(error)).on('error', tell);
    return provider;
  });
};

/** The gateway as an authorization server of its own, for whoever has none. */
@Module({
  imports: [LoginModule, MachineClientModule, SsoModule, TokenModule, UserModule],
  providers: [
    ArtifactRepository,
    ConsentService,
    SignInElsewhere,
    SignInService,
    {
      provide: OPENING_PROVIDER,
      inject: [
        AUTH_SETTINGS,
        ArtifactRepository,
        Introductions,
        TokenService,
        UserService,
        MachineClientService,
        BUS,
        LOGGER,
      ],
      useFactory: openingProvider,
    },
    Introductions,
    AuthorizationServerFace,
  ],
})
export class AuthorizationServerModule {}
