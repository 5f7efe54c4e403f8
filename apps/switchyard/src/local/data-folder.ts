import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ProcessEnvironment, gatewayEnvironment } from '#libs/config';
import { CommandFailure } from '../terminal/failure.js';
import { type RunningGateway, gatewayAt, runningGateways } from './running-gateways.js';

const DEFAULT = './.switchyard';

/** The data folder that a gateway started here would use, as a path from the root. */
export const dataFolderHere = (env: ProcessEnvironment = gatewayEnvironment()): string =>
  resolve(env['SWITCHYARD_DATA_DIR'] || DEFAULT);

/** Whether this folder, or the environment, says which gateway is meant. */
const isChosen = (env: ProcessEnvironment): boolean =>
  Boolean(env['SWITCHYARD_DATA_DIR']) || existsSync(dataFolderHere(env));

/**
 * The gateway that is meant on this machine: the one on the data folder of here, or where there is none, the only one that
 * runs. Null where none does. Throws where several do and nothing says which.
 */
export const localGateway = (): RunningGateway | null => {
  const env = gatewayEnvironment();
  const here = gatewayAt(dataFolderHere(env));
  if (here !== null || isChosen(env)) return here;
  const [first = null, ...others] = runningGateways();
  if (others.length === 0) return first;
  const all = [first, ...others].map((gateway) => `${gateway?.url} (${gateway?.dataDir})`);
  throw new CommandFailure(`several gateways run here: ${all.join(', ')}; say which by SWITCHYARD_DATA_DIR or --url`);
};

/**
 * The environment of the gateway whose database a command works on: what is said here, or that of the gateway that runs where
 * nothing is, so that a command in another folder makes no second database there.
 */
export const localEnvironment = (): ProcessEnvironment => {
  const env = gatewayEnvironment();
  if (env['DATABASE_URL'] || isChosen(env)) return env;
  const running = localGateway();
  return running === null ? env : environmentOf(running);
};

/** The environment in which a gateway was started, as far as its files tell. */
export const environmentOf = ({ folder, dataDir, ownsDatabase }: RunningGateway): ProcessEnvironment => ({
  ...gatewayEnvironment(folder),
  SWITCHYARD_DATA_DIR: dataDir,
  ...(ownsDatabase && { DATABASE_URL: undefined }),
});

/** Where `up` has the gateway write. */
export const logFileOf = (dataDir: string): string => join(dataDir, 'gateway.log');
