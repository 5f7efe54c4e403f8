import type { AuthCommands } from '#apps/auth';
import { createLogger } from '#libs/telemetry';
import { localEnvironment } from '../../local/data-folder.js';
import { say } from '../../terminal/output.js';

/** What commands that need no gateway say of themselves. */
export const OF_THE_DATABASE =
  'Works on the database that DATABASE_URL or SWITCHYARD_DATA_DIR names, else on that of the gateway that runs.';

/** Runs a command of auth beside the database, and prints what it answers, alone. */
export const besideDatabase = async (run: (commands: AuthCommands) => Promise<string>): Promise<void> => {
  const { authCommands } = await import('#apps/auth');
  const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
  say(await run(authCommands({ env: localEnvironment(), logger })));
};
