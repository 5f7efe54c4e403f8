import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseConfig } from '#libs/config';
import { fail } from '#libs/errors';
import { platformOptions, startService } from '#libs/service';
import { type PostgresLocation, openDatabase, runningPostgres } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { authOptions } from './auth.config.js';
import { authService } from './auth.service-part.js';
import { type AuthSettings, settingsOf } from './auth.settings.js';
import { loadJwtKeys } from './jwt/jwt.keys.js';
import { JwtService } from './jwt/jwt.service.js';
import { authDatabase } from './storage/auth.database.js';
import { TokenIssuer } from './tokens/token-issuer.js';
import { TokenRepository } from './tokens/token.repository.js';
import { UpstreamCredentialRepository } from './upstream-credentials/upstream-credential.repository.js';
import { sealedTokenTable } from './upstream-credentials/oauth/sealed-tokens.js';
import type { SealedTable } from './upstream-credentials/sealed-table.js';
import { sealedClientTable } from './upstream-consent/clients/sealed-clients.js';
import { PasswordHasher } from './users/password.js';
import { UserRepository } from './users/user.repository.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What auth keeps, opened for a command. */
export interface AuthStore {
  readonly settings: AuthSettings;
  readonly users: UserRepository;
  readonly tokens: TokenRepository;
  readonly upstreamCredentials: UpstreamCredentialRepository;
  /** What else is sealed with the same keys. */
  readonly sealedTables: readonly SealedTable[];
  readonly passwords: PasswordHasher;
  jwt(): Promise<JwtService>;
  issuer(): Promise<TokenIssuer>;
  close(): Promise<void>;
}

/**
 * Opens the database that `DATABASE_URL` names, or the one of the gateway that runs on the data folder; where none
 * runs, auth is started for as long as the command takes.
 */
export const openAuthStore = async (env: Environment, logger: Logger): Promise<AuthStore> => {
  const platform = parseConfig(platformOptions, env);
  const dataDir = resolve(platform.SWITCHYARD_DATA_DIR);
  if (platform.DATABASE_URL !== null) return openAt({ url: platform.DATABASE_URL }, env, logger, async () => {});

  const running = runningPostgres(dataDir);
  if (running !== null) return openAt(running.location, withKeptSecrets(env, dataDir), logger, async () => {});

  const own = { ...env, HOST: '127.0.0.1', PORT: '0', NATS_URL: undefined, REDIS_URL: undefined };
  const started = await startService({ parts: [authService], env: own, logger });
  const stop = async () => {
    await started.stop();
  };
  const itsDatabase = runningPostgres(dataDir);
  if (itsDatabase === null) throw fail('platform.not_ready', { message: `No database in ${dataDir}` });
  return openAt(itsDatabase.location, withKeptSecrets(env, dataDir), logger, stop);
};

const openAt = async (
  location: PostgresLocation,
  env: Environment,
  logger: Logger,
  afterClose: () => Promise<void>,
): Promise<AuthStore> => {
  try {
    const settings = settingsOf(parseConfig(authOptions, env));
    const database = await openDatabase({ location, ...authDatabase, pool: { poolSize: 1 }, logger });
    const jwt = async () => new JwtService(await loadJwtKeys(settings.jwt), settings.jwt);
    return {
      settings,
      users: new UserRepository(database),
      tokens: new TokenRepository(database),
      upstreamCredentials: new UpstreamCredentialRepository(database),
      sealedTables: [sealedTokenTable(database), sealedClientTable(database)],
      passwords: new PasswordHasher(),
      jwt,
      issuer: async () => new TokenIssuer(await jwt()),
      close: async () => {
        await database.destroy();
        await afterClose();
      },
    };
  } catch (error) {
    await afterClose();
    throw error;
  }
};

/** The environment comes first, as it does for the gateway itself; former values count beside their present one alone. */
const withKeptSecrets = (env: Environment, dataDir: string): Environment => {
  const kept = JSON.parse(readText(join(dataDir, 'secrets.json')) ?? '{}') as Record<string, string>;
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  for (const [name, former] of Object.entries(authService.formerSecrets ?? {}))
    if (given[name] !== undefined) delete kept[former];
  return { ...kept, ...given };
};

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};
