import { resolve } from 'node:path';
import { type ConfigOf, type Options, parseConfig, withSecretFiles } from '#libs/config';
import { defaultPortOf, type PlatformConfig, platformOptions } from '../platform.config.js';
import type { AnyServicePart } from '../service-part.js';
import { isLoopback } from './open-door.js';
import { lockDataDir, openDataDir } from './data-dir.js';
import { planWorkers } from '../workers/plan-workers.js';
import { type SettingReport, settingsReport } from '../settings/setting-report.js';
import { type FormerNames, keptSecrets, refuseWeakSecrets, requireSecrets } from './first-start.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Configuration {
  readonly platform: PlatformConfig;
  readonly configOf: <O extends Options>(options: O) => ConfigOf<O>;
  /** What these are, where from and what they would be. */
  readonly reportOf: (options: Options) => readonly SettingReport[];
  readonly unlock: () => void;
}

/**
 * Reads the settings of the process and of its parts, all of them before anything is opened. A gateway with a database
 * of its own also takes its data folder and finds or makes its secrets there.
 */
export const readConfiguration = (parts: readonly AnyServicePart[], given: Environment): Configuration => {
  const names = [...new Set(parts.flatMap((part) => part.secrets ?? []))];
  const kept = [...names, ...new Set(parts.flatMap((part) => part.firstSecrets ?? []))];
  const allOptions: Options = Object.assign({}, ...parts.map((part) => part.options as Options), platformOptions);
  const env = withSecretFiles(allOptions, given);
  parseConfig(allOptions, env);
  const platform = parseConfig(platformOptions, env);
  const WORKERS = planWorkers(parts, platform)?.count ?? 1;
  const former: FormerNames = Object.assign({}, ...parts.map((part) => part.formerSecrets ?? {}));
  refuseWeakSecrets(names, env, former);

  const isEmbedded = platform.DATABASE_URL === null && parts.some((part) => part.needs.database);
  if (!isEmbedded) requireSecrets(names, env);
  const dataDir = isEmbedded ? openDataDir(platform.SWITCHYARD_DATA_DIR) : resolve(platform.SWITCHYARD_DATA_DIR);
  const unlock = isEmbedded ? lockDataDir(dataDir) : () => undefined;
  try {
    const port = env.PORT ? platform.PORT : defaultPortOf(parts.map((part) => part.name));
    const found = isEmbedded
      ? { ...ownAddress(platform.HOST, port, env), ...keptSecrets(kept, env, dataDir, former) }
      : {};
    const whole = { ...env, ...found };
    const places = { SWITCHYARD_DATA_DIR: dataDir, PORT: port, WORKERS };
    return {
      platform: { ...platform, ...places },
      configOf: (options) => parseConfig(options, whole),
      reportOf: (options) =>
        settingsReport(options, { given, made: found, values: { ...parseConfig(options, whole), ...places } }),
      unlock,
    };
  } catch (error) {
    unlock();
    throw error;
  }
};

/** Whoever sets one of these reaches the gateway by another address than that of this machine. */
const NAMES_OF_OTHERS = ['PUBLIC_URL', 'ALLOWED_HOSTS', 'TRUSTED_PROXIES', 'SMTP_HOST', 'MAIL_DIR'];

/** What people reach a gateway by that serves their own machine alone, unless it was told. */
const ownAddress = (host: string, port: number, env: Environment): Environment =>
  NAMES_OF_OTHERS.some((name) => env[name]) || port === 0 || !isLoopback(host)
    ? {}
    : { PUBLIC_URL: `http://${host.includes(':') ? `[${host}]` : host}:${port}` };
