import { join } from 'node:path';
import { authCommands } from '#apps/auth';
import { GatewayError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { CommandFailure } from '../terminal/failure.js';
import { configFolder, readPrivate, writePrivate } from './config-folder.js';
import { environmentOf } from './data-folder.js';
import type { RunningGateway } from './running-gateways.js';

interface KeptToken {
  readonly token: string;
  readonly expiresAtMs: number;
  /** By which it is another gateway's token: of another process, or on other data. */
  readonly of: string;
}

const LIFE_HOURS = 12;
/** One that ends while a command uses it is of no use. */
const REST_MS = 600_000;

/**
 * The token by which the commands of whoever owns the data folder administer the gateway that runs on it. Made beside its
 * database when it is first needed, and kept for half a day in a file of theirs. Throws a sentence where it cannot be made.
 */
export const ownToken = async (gateway: RunningGateway): Promise<string> => {
  const path = join(configFolder(), 'own-token.json');
  const of = [gateway.pid, gateway.startedAt, gateway.dataDir].join(' ');
  const kept = readPrivate(path) as KeptToken | null;
  if (kept?.of === of && kept.expiresAtMs - REST_MS > Date.now()) return kept.token;
  const token = await make(gateway);
  writePrivate(path, { token, expiresAtMs: Date.now() + LIFE_HOURS * 3_600_000, of } satisfies KeptToken);
  return token;
};

const make = async (gateway: RunningGateway): Promise<string> => {
  const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
  try {
    return await authCommands({ env: environmentOf(gateway), logger }).createAdministratorToken(`${LIFE_HOURS}h`);
  } catch (error) {
    const reason = error instanceof GatewayError ? error.message : String(error);
    throw new CommandFailure(
      `no token could be made for the gateway at ${gateway.url} (${reason}); give --token or SWITCHYARD_TOKEN`,
      undefined,
      error,
    );
  }
};
